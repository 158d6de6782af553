#!/bin/bash
# Makes the kernel, the first file system and the disk of the lab's machines in FOLDER, from Debian's packages with the apt
# sources of this machine: vmlinuz, first.img and rootfs.ext4, which has labkit.
#
#   image.sh FOLDER LABKIT
#
# Needs root, and: apt-get install mmdebstrap e2fsprogs cpio
set -euo pipefail
[ $# = 2 ] || { echo "usage: image.sh FOLDER LABKIT" >&2; exit 2; }
LABKIT=$(readlink -f "$2")
mkdir -p "$1"; cd "$1"
SUITE=$(. /etc/os-release; echo "$VERSION_CODENAME")

root() {
    rm -rf rootfs first
    { cat /etc/apt/sources.list 2>/dev/null || true; } > sources.list
    local sources=(sources.list)
    [ ! -e /etc/apt/sources.list.d/debian.sources ] || sources=(/etc/apt/sources.list.d/debian.sources)
    # Only the packages that a machine of the lab needs: udev names the adapter, sudo gives the right to capture.
    mmdebstrap --quiet --variant=essential --aptopt='Acquire::Languages "none"' \
        --aptopt='Acquire::Check-Valid-Until "false"' --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        --include=mount,udev,kmod,iproute2,iputils-ping,sudo,passwd,libpcap0.8,ethtool,nftables,busybox-static \
        "$SUITE" rootfs - < "${sources[@]}" 2> mmdebstrap.log || { tail -5 mmdebstrap.log >&2; exit 1; }
    chroot rootfs useradd -m -s /bin/bash student
    echo 'student ALL=(ALL) NOPASSWD: ALL' > rootfs/etc/sudoers.d/student
    install -m 755 /dev/stdin rootfs/sbin/lab-init < <(init)
}

# The machine's first program. The kernel's command line says its name and address: lab.name=guest lab.ip=192.168.56.101
init() {
    cat <<'I'
#!/bin/bash
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t tmpfs run /run; mount -t tmpfs tmp /tmp
mkdir -p /dev/pts; mount -t devpts pts /dev/pts; mount -o remount,rw /
for word in $(cat /proc/cmdline); do case $word in lab.name=*) name=${word#*=};; lab.ip=*) ip=${word#*=};; esac; done
hostname "$name"; echo "127.0.0.1 localhost $name" > /etc/hosts; echo 3 > /proc/sys/kernel/printk
/lib/systemd/systemd-udevd --daemon; udevadm trigger --action=add; udevadm settle --timeout=120
ip link set lo up
adapter=$(ls /sys/class/net | grep -v '^lo$' | head -1)
ip addr add "$ip/24" dev "$adapter"; ip link set "$adapter" up
chown student /home/student
# Two consoles: one for messages, one for the capture.
for tty in ttyS1 ttyS0; do TERM=dumb setsid bash -c "exec su -l student </dev/$tty >/dev/$tty 2>&1" & done
while :; do wait; sleep 1; done
I
}

# Only the kernel and the modules that such a machine needs; installing the package would build a large first file system.
kernel() {
    local package version
    package=$(apt-cache depends linux-image-amd64 | awk '/Depends:/{print $2; exit}')
    rm -rf kernel; mkdir kernel
    (cd kernel && apt-get -qq download "$package" 2> /dev/null)
    dpkg-deb --fsys-tarfile kernel/*.deb | tar x -C kernel --wildcards './boot/vmlinuz-*' './lib/modules/*/modules.*' \
        './lib/modules/*/kernel/drivers/net/ethernet/'{intel,amd,realtek} './lib/modules/*/kernel/drivers/net/*.ko' \
        './lib/modules/*/kernel/drivers/'{virtio,block/virtio_blk.ko,pci} \
        './lib/modules/*/kernel/'{net/core,net/netfilter,net/ipv4,net/ipv6,net/packet,net/sched,lib,crypto} \
        './lib/modules/*/kernel/fs/'{ext4,jbd2,mbcache.ko} './lib/modules/*/kernel/arch/x86/crypto'
    version=$(ls kernel/lib/modules)
    cp kernel/boot/vmlinuz-* vmlinuz
    mkdir -p rootfs/usr/lib/modules
    cp -a "kernel/lib/modules/$version" rootfs/usr/lib/modules/
    rm -rf kernel
    chroot rootfs depmod "$version"
    first "$version"
}

# A first file system with the modules that are needed to mount the disk.
first() {
    rm -rf first; mkdir -p first/{bin,dev,new,modules}
    cp rootfs/bin/busybox first/bin/
    for module in virtio_pci virtio_blk ext4 crc32c_generic; do
        chroot rootfs modprobe -S "$1" --show-depends "$module"
    done | awk '$1 == "insmod" && !seen[$2]++ {print $2}' > first/paths
    while read -r path; do cp "rootfs$path" first/modules/; basename "$path"; done < first/paths > first/order
    install -m 755 /dev/stdin first/init <<'I'
#!/bin/busybox sh
B=/bin/busybox
$B mount -t devtmpfs dev /dev
while read -r module; do $B insmod "/modules/$module"; done < /order
until [ -b /dev/vda ]; do $B sleep 0.1; done
$B mount -t ext4 /dev/vda /new && $B mount --move /dev /new/dev && exec $B switch_root /new /sbin/lab-init
I
    (cd first && find . | cpio -o -H newc --quiet | gzip -1) > first.img
}

[ -e rootfs/sbin/lab-init ] && [ -e first.img ] || { root; kernel; }
install -m 755 "$LABKIT" rootfs/usr/local/bin/labkit
rm -f rootfs.ext4
mke2fs -q -t ext4 -O ^has_journal -L lab -d rootfs rootfs.ext4 900M
echo "$(du -sm rootfs | cut -f1) MiB of Debian $SUITE, kernel $(ls rootfs/usr/lib/modules)"
