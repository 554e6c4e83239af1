#!/usr/bin/python3
"""Holds containers to the rules of compose.yaml: reads `docker inspect` of all of them, prints a line for each fault.

    docker inspect CONTAINER… | container_rules.py SERVICE_THAT_PUBLISHES…
"""

import json
import sys


def faults(container, publishers):
    service = container["Config"]["Labels"]["com.docker.compose.service"]
    host = container["HostConfig"]
    user = (container["Config"]["User"] or "0").split(":")[0]
    if not user.isdigit() or int(user) == 0:
        yield f"{service} runs as root, or as a user whose number is not known"
    if not host["ReadonlyRootfs"]:
        yield f"{service} may write its root file system"
    if host["CapDrop"] != ["ALL"] or host["CapAdd"] or host["Privileged"]:
        yield f"{service} keeps capabilities"
    if not any(option.startswith("no-new-privileges") for option in host["SecurityOpt"] or []):
        yield f"{service} may gain privileges"
    if not host["Memory"] or not host["PidsLimit"]:
        yield f"{service} may take all memory, or make any number of processes"
    for mount in container["Mounts"]:
        if mount["Destination"] == "/keys" and mount["RW"] and service != "keys":
            yield f"{service} may write its keys"
    for port, bindings in (host["PortBindings"] or {}).items():
        if service not in publishers:
            yield f"{service} publishes {port}"
        for binding in bindings or []:
            if binding["HostIp"] != "127.0.0.1":
                yield f"{service} publishes {port} on {binding['HostIp'] or 'every address'}"
    for pair in container["Config"]["Env"]:
        name, _, value = pair.partition("=")
        if ("PASSWORD" in name or "SECRET" in name) and not name.endswith("_FILE") and value:
            yield f"{service} has a value in {name}"


def main():
    containers = json.load(sys.stdin)
    found = [fault for container in containers for fault in faults(container, sys.argv[1:])]
    print("\n".join(found) if found else f"{len(containers)} containers keep the rules")
    sys.exit(1 if found or not containers else 0)


if __name__ == "__main__":
    main()
