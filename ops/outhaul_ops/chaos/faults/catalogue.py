"""All faults, by name."""

from outhaul_ops.chaos.faults import machine, network, processes, servers
from outhaul_ops.chaos.faults.fault import Fault

CATALOGUE: dict[str, Fault] = {
    fault.name: fault for module in (processes, servers, machine, network) for fault in module.FAULTS
}
