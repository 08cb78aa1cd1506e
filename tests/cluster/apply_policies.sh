#!/bin/bash
# The first process of a User-Mode Linux that is a node as OVN-Kubernetes leaves it: its address on
# br-ex, a real Open vSwitch bridge. Applies /tmp/policy-*.json by nmstatectl, two of them twice,
# under a real NetworkManager, then prints what the kernel has.
export PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc; mount -t sysfs sys /sys
for place in /run /var/log /var/lib/NetworkManager /etc/NetworkManager /etc/openvswitch; do
  mount -t tmpfs tmp $place
done
modprobe -a vrf veth bridge vxlan 8021q bonding openvswitch 2>/dev/null
mkdir -p /run/dbus /run/NetworkManager /run/openvswitch
ln -sfn /proc/self/fd /dev/fd
ip link set lo up
for nic in ens5 ens1f0 ens1f1 ens2f1 ens3f0; do
  ip link add $nic type veth peer name p-$nic
  ip link set $nic mtu 9001 up; ip link set p-$nic mtu 9001 up
done
/usr/share/openvswitch/scripts/ovs-ctl --system-id=random --no-monitor start &>/run/ovs.log
ovs-vsctl add-br br-ex -- set bridge br-ex other-config:hwaddr=0a:58:11:22:33:44 -- add-port br-ex ens5
ip link set br-ex mtu 9001 up
ip addr add 10.0.17.5/20 dev br-ex
ip addr add 169.254.169.2/29 dev br-ex
ip route add default via 10.0.16.1 dev br-ex src 10.0.17.5
# As the rendered sysctls have it: the gateways' addresses never wait for a duplicate.
sysctl -qw net.ipv6.conf.default.accept_dad=0
mount -o remount,ro,bind /sys
printf '[main]\nplugins=keyfile\nno-auto-default=*\ndns=none\nrc-manager=unmanaged\n' \
  > /etc/NetworkManager/NetworkManager.conf
dbus-daemon --system --fork --nopidfile
NetworkManager -n &>/run/networkmanager.log &
for _ in {1..300}; do nmcli -t -f RUNNING general 2>/dev/null | grep -q running && break; sleep 0.1; done
for policy in /tmp/policy-*.json /tmp/policy-*-vrf-red-*.json /tmp/policy-*-storage.json; do
  /tmp/nmstatectl -q policy $policy > /run/resolved.yaml 2> /run/said &&
    timeout 60 /tmp/nmstatectl -q apply /run/resolved.yaml > /dev/null 2> /run/said
  echo "@@applied $? $policy $(tr '\n' ' ' < /run/said)"
done
echo "@@links $(ip -d -j link)"
echo "@@addresses $(ip -j addr)"
echo "@@routes $(ip -j route)"
echo o > /proc/sysrq-trigger
sleep 5
