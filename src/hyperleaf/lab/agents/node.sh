#!/bin/bash
# Runs inside a lab's kernel, in a node's network namespace: its NetworkManager, handler, frr-k8s.
#   node.sh boot NODE            NetworkManager, D-Bus and what stands for udev, until they answer
#   node.sh handler NODE POD     the nmstate operator's handler, in a container's view
#   node.sh frr NODE POD         the reloader and the controller of frr-k8s
# A node's mount and host name namespaces are those of its first process, whose id is in `pid`.
set -euo pipefail
do=$1 node=$2 pod=${3:-}
place=/run/$node/agents
export PATH=/lab/agents:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
inside() { nsenter --target "$(cat "$place/pid")" --mount --uts -- "$@"; }

own_namespaces() {
  for one in /run/dbus /run/NetworkManager /run/udev /var/lib/NetworkManager; do
    mount -t tmpfs tmp $one
  done
  if [ -d "/run/$node/openvswitch" ]; then mount --bind "/run/$node/openvswitch" /run/openvswitch; fi
  if [ -d "/etc/frr/$node" ]; then mount --bind "/etc/frr/$node" /etc/frr; fi
  mount --bind "/run/frr/$node" /run/frr
  mount --bind "$place/resolv.conf" /etc/resolv.conf
  mount --bind "$place/hostname" /etc/hostname
  hostname "$node"
  # NetworkManager then manages devices that no udev has announced.
  mount -o remount,ro,bind /sys
}

# Settings of a device that appears, as systemd's rule for udev applies them (99-systemd.rules).
watch() {
  seen=" $(ip -o link | cut -d: -f1 | tr '\n' ' ')"
  ip -o monitor link | while read -r index name _; do
    case $index in *[!0-9:]*) continue ;; esac
    index=${index%:} name=${name%%[@:]*}
    case $seen in *" $index "*) continue ;; esac
    seen="$seen$index "
    /usr/lib/systemd/systemd-sysctl --prefix="/net/ipv4/conf/$name" \
      --prefix="/net/ipv4/neigh/$name" --prefix="/net/ipv6/conf/$name" \
      --prefix="/net/ipv6/neigh/$name" || true
  done
}

first() {
  own_namespaces
  cd /etc/NetworkManager
  mkdir -p system-connections dispatcher.d/{pre-up.d,pre-down.d,no-wait.d} conf.d
  printf '%s\n' '[main]' plugins=keyfile 'no-auto-default=*' dns=none rc-manager=unmanaged \
    '[global-dns]' '[global-dns-domain-*]' servers=127.0.0.1 \
    > NetworkManager.conf
  dbus-daemon --system --fork --nopidfile
  /usr/libexec/nm-dispatcher --persist &>"$place/dispatcher.log" </dev/null &
  NetworkManager -n &>"$place/networkmanager.log" </dev/null &
  watch &>"$place/watch.log" </dev/null &
  until nmcli -t -f RUNNING general 2>/dev/null | grep -q running; do sleep 0.1; done
  echo $$ > "$place/pid"
  exec sleep infinity
}

boot() {
  mkdir -p "$place" /run/{dbus,NetworkManager,udev,openvswitch} /var/lib/NetworkManager \
    "/run/frr/$node" "/etc/frr/$node"
  chown frr:frr "/run/frr/$node" "/etc/frr/$node"
  rm -f "$place/pid"
  echo nameserver 127.0.0.1 > "$place/resolv.conf"
  echo "$node" > "$place/hostname"
  setsid unshare --mount --uts "$0" first "$node" &>"$place/first.log" </dev/null &
  wait_for "$place/pid" "$place/first.log"
}

# A container of the handler's DaemonSet has D-Bus and Open vSwitch's socket of the node, not /etc.
contained() {
  mount -t tmpfs tmp /etc/NetworkManager
  mkdir -p "$place/tmp" && mount --bind "$place/tmp" /tmp
  exec env KUBECONFIG=/lab/agents/handler.json NODE_NAME="$node" POD_NAME="$pod" \
    POD_NAMESPACE=nmstate OPERATOR_NAME=nmstate COMPONENT=kubernetes-nmstate-handler \
    PART_OF=kubernetes-nmstate-operator VERSION=v0.86.0 MANAGED_BY=hyperleaf \
    PROBE_DNS_HOST=node.lab METRICS_BIND_ADDRESS=0 \
    NMSTATE_INSTANCE_NODE_LOCK_FILE="$place/handler.lock" handler
}

handler() {
  inside setsid unshare --mount "$0" contained "$node" "$pod" &>"$place/handler.log" </dev/null &
}

frr() {
  shared=$place/frr_reloader
  mkdir -p "$shared"
  export SHARED_VOLUME=$shared FRR_CONFIG_FILE=$shared/frr.conf
  export FRR_RELOADER_PID_FILE=$shared/reloader.pid KUBECONFIG=/lab/agents/frr-k8s.json
  inside setsid frr-reloader.sh &>"$place/reloader.log" </dev/null &
  wait_for "$shared/reloader.pid" "$place/reloader.log"
  inside setsid frr-k8s-controller --node-name="$node" --namespace=frr-k8s-system \
    --pod-name="$pod" --metrics-bind-address=0 --health-probe-bind-address=0 \
    &>"$place/controller.log" </dev/null &
  # The controller writes once it has read every object; the reloader notes how each reload ended.
  for _ in {1..400}; do
    if [ -s "$shared/.status" ] && [ "$shared/.status" -nt "$shared/frr.conf" ]; then
      case $(cat "$shared/.status") in
        *success) return ;;
        *) tail -n 30 "$place/reloader.log" "$shared/last-error" >&2; return 1 ;;
      esac
    fi
    sleep 0.3
  done
  tail -n 20 "$place/controller.log" "$place/reloader.log" >&2
  return 1
}

wait_for() {
  for _ in {1..300}; do
    if [ -s "$1" ]; then return; fi
    sleep 0.1
  done
  cat "$2" >&2
  return 1
}

"$do"
