"""All faults, by name."""

from outhaul_ops.chaos.faults import failover, machine, network, processes, servers
from outhaul_ops.chaos.faults.fault import Fault

CATALOGUE: dict[str, Fault] = {
    fault.name: fault for module in (processes, servers, machine, failover, network) for fault in module.FAULTS
}
