#!/bin/busybox sh
# A real guest's first program: brings its NIC up, asks for leases, answers, and says what it got.
#
# The kernel hands its words of the form key=value over as variables: `hl_address` (an address with
# its length, or `dhcp`), `hl_gateway`, `hl_ipv6` (1: routers and DHCPv6 are listened to). A line
# of JSON on the first serial port tells each event; the second one takes commands, a line each.
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in /modules/*; do insmod "$module"; done

say() {
  printf '{"event":"%s","uptime":%s%s}\n' "$1" "$(cut -d' ' -f1 /proc/uptime)" "$2" >/dev/ttyS0
}

# What a DHCP client tells its script; the script only says it, the address is set here.
cat >/bin/told <<'TOLD'
#!/bin/sh
case $1 in bound|renew) ;; *) exit 0 ;; esac
if [ -n "$ipv6" ]; then
  ip -6 addr replace "$ipv6/128" dev eth0
else
  ip addr replace "$ip/$mask" dev eth0
  [ -z "$mtu" ] || ip link set eth0 mtu "$mtu"
  [ -z "$router" ] || ip route replace default via "${router%% *}"
fi
said="\"state\":\"$1\",\"ip\":\"${ipv6:-$ip/$mask}\",\"router\":\"$router\",\"told\":\"$mtu\""
said="$said,\"mtu\":\"$(cat /sys/class/net/eth0/mtu)\",\"server\":\"$serverid\""
printf '{"event":"lease%s","uptime":%s,%s}\n' "${ipv6:+6}" \
  "$(cut -d' ' -f1 /proc/uptime)" "$said" >/dev/ttyS0
TOLD

# A session counts along one TCP connection, four a second, and keeps the last answer.
cat >/bin/session <<'SESSION'
#!/bin/sh
rm -f "/run/session-$1" "/run/session-$1.ended"
# Nothing is ever said there: who waits for it sleeps without a process more, which would dirty
# memory as fast as a migration copies it.
[ -p /run/never ] || mkfifo /run/never
exec 9<>/run/never
number=0
while number=$((number + 1)); do echo $number; read -r -t 0.25 nothing <&9; done |
  nc "$2" "$3" |
  while read -r answer; do echo "$answer" >"/run/session-$1"; done
echo >"/run/session-$1.ended"
SESSION
chmod +x /bin/told /bin/session

[ "$hl_ipv6" = 1 ] || echo 1 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6
ip link set lo up
ip link set eth0 up
case $hl_address in
dhcp)
  udhcpc -f -t 30 -T 1 -A 1 -O mtu -i eth0 -s /bin/told >/dev/null 2>&1 &
  ;;
?*)
  ip addr add "$hl_address" dev eth0
  [ -z "$hl_gateway" ] || ip route add default via "$hl_gateway"
  ;;
esac
# It gives up where its link-local address is still on trial.
[ "$hl_ipv6" != 1 ] ||
  until udhcpc6 -f -q -n -t 5 -T 1 -i eth0 -s /bin/told >/dev/null 2>&1; do sleep 1; done &
nc -ll -p 7 -e cat >/dev/null 2>&1 &
say up ",\"boot\":\"$(cat /proc/sys/kernel/random/boot_id)\""

stty raw -echo </dev/ttyS1
while read -r number words; do
  echo "<$number"
  sh -c "$words" 2>&1 </dev/null
  echo ">$number $?"
done </dev/ttyS1 >/dev/ttyS1
