"""Which IP addresses a request may go to: everything that is not plainly a host on the public Internet is refused.

The networks are those of the IANA special-purpose address registries (RFC 6890) and the metadata services of the large
clouds. What is refused here is allowed again only by a destination's `allow_private_addresses`.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

_REFUSED_NETWORKS = {
    "0.0.0.0/8": "unspecified address",
    "10.0.0.0/8": "private network",
    "100.64.0.0/10": "carrier-grade NAT network",
    "127.0.0.0/8": "loopback address",
    "168.63.129.16/32": "cloud metadata service",
    "169.254.169.254/32": "cloud metadata service",
    "169.254.0.0/16": "link-local address",
    "172.16.0.0/12": "private network",
    "192.0.0.0/24": "reserved network",
    "192.0.2.0/24": "documentation network",
    "192.88.99.0/24": "6to4 relay",
    "192.168.0.0/16": "private network",
    "198.18.0.0/15": "benchmarking network",
    "198.51.100.0/24": "documentation network",
    "203.0.113.0/24": "documentation network",
    "224.0.0.0/4": "multicast address",
    "240.0.0.0/4": "reserved network",
    "::/128": "unspecified address",
    "::1/128": "loopback address",
    "::ffff:0:0/96": "IPv4-mapped address",
    "::ffff:0:0:0/96": "IPv4-translated address",
    "::/96": "IPv4-compatible address",
    "64:ff9b::/96": "NAT64 address",
    "64:ff9b:1::/48": "NAT64 address",
    "100::/64": "discard-only network",
    "2001::/32": "Teredo address",
    "2001:db8::/32": "documentation network",
    "2001::/23": "reserved network",
    "2002::/16": "6to4 address",
    "3fff::/20": "documentation network",
    "fd00:ec2::254/128": "cloud metadata service",
    "fc00::/7": "unique local address",
    "fe80::/10": "link-local address",
    "fec0::/10": "site-local address",
    "ff00::/8": "multicast address",
}
_REFUSED = tuple((ip_network(network), reason) for network, reason in _REFUSED_NETWORKS.items())
_IPV6_INTERNET = IPv6Network("2000::/3")


def why_refused(address: str) -> str:
    """Say what kind of address this is if it is not a public one; empty for a public one.

    Args:
        address: an IPv4 or IPv6 address as `getaddrinfo` writes it, with or without a zone.

    Raises:
        ValueError: this is no IP address.
    """
    parsed: IPv4Address | IPv6Address = ip_address(address)
    for network, reason in _REFUSED:
        if parsed in network:
            return reason
    if isinstance(parsed, IPv6Address) and parsed not in _IPV6_INTERNET:
        return "reserved network"
    return ""
