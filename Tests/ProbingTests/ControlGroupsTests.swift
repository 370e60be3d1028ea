import Testing

@testable import Probing
@testable import ServiceLife

/// Trees of control groups as kernels and container engines show them, made up.
@Suite("Control groups") struct ControlGroupsTests {
    private static let two = "36 31 0:29 / /sys/fs/cgroup rw,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate"
    private static let one = """
        32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
        35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
        36 31 0:33 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
        23 1 0:28 / / rw - ext4 /dev/vda rw
        """

    private func groups(_ membership: String, mounts: String = two, _ files: [String: String]) -> ControlGroups {
        ControlGroups(membership: membership, mounts: mounts) { files[$0] }
    }

    @Test(
        "without limits there are none",
        arguments: [[:], ["/sys/fs/cgroup/a/cpu.max": "max 100000\n", "/sys/fs/cgroup/a/memory.max": "max\n"]])
    func unlimited(files: [String: String]) {
        let found = groups("0::/a\n", files)
        #expect(found.processorQuota == nil)
        #expect(found.memoryBytes == nil)
        #expect(found.memoryAvailableBytes == nil)
    }

    @Test(
        "the least of a process's own group and those around it counts",
        arguments: ["/sys/fs/cgroup", "/sys/fs/cgroup/system.slice", "/sys/fs/cgroup/system.slice/m.service"])
    func nested(folder: String) {
        var files = [
            "/sys/fs/cgroup/system.slice/m.service/cpu.max": "400000 100000\n",
            "/sys/fs/cgroup/system.slice/m.service/memory.max": "9000\n",
        ]
        (files["\(folder)/cpu.max"], files["\(folder)/memory.max"]) = ("150000 100000\n", "600\n")
        let found = groups("0::/system.slice/m.service\n", files)
        #expect(found.processorQuota == 1.5)
        #expect(found.memoryBytes == 600)
        #expect(found.memoryAvailableBytes == 600)
    }

    @Test("memory.high slows a group down that has more, so it counts as its limit")
    func high() {
        #expect(
            groups("0::/a", ["/sys/fs/cgroup/a/memory.max": "900", "/sys/fs/cgroup/a/memory.high": "700"]).memoryBytes
                == 700)
    }

    @Test("what others of the group hold is not free, but for cached files")
    func available() {
        let found = groups(
            "0::/a/b",
            [
                "/sys/fs/cgroup/a/memory.max": "1000", "/sys/fs/cgroup/a/memory.current": "800",
                "/sys/fs/cgroup/a/memory.stat": "anon 500\nactive_file 200\ninactive_file 100\n",
                "/sys/fs/cgroup/a/b/memory.max": "900", "/sys/fs/cgroup/a/b/memory.current": "10",
            ])
        #expect(found.memoryBytes == 900)
        #expect(found.memoryAvailableBytes == 500)
    }

    @Test("version 1 has a tree for each controller; no limit is a number there")
    func versionOne() {
        let found = groups(
            "9:name=systemd:/\n4:memory:/a/b\n1:cpuacct,cpu:/c\n0::/\n", mounts: Self.one,
            [
                "/sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_quota_us": "-1\n",
                "/sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_period_us": "100000\n",
                "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "50000\n",
                "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
                "/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes": "9223372036854771712\n",
                "/sys/fs/cgroup/memory/a/memory.limit_in_bytes": "800\n",
                "/sys/fs/cgroup/memory/a/memory.usage_in_bytes": "500\n",
                "/sys/fs/cgroup/memory/a/memory.stat":
                    "active_file 1\ntotal_active_file 300\ntotal_inactive_file 100\n",
            ])
        #expect(found.processorQuota == 0.5)
        #expect(found.memoryBytes == 800)
        #expect(found.memoryAvailableBytes == 700)
    }

    @Test(
        "a container that sees its part of the tree only, or a path beyond it, is limited by what it sees",
        arguments: [
            ("0::/docker/abc/x", "1 2 0:3 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup2 rw", "/sys/fs/cgroup/x"),
            ("0::/docker/abc", "1 2 0:3 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup2 rw", "/sys/fs/cgroup"),
            ("0::/", "1 2 0:3 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw", "/sys/fs/cgroup"),
            ("0::/../../other", "1 2 0:3 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw", "/sys/fs/cgroup"),
            ("0::/user.slice", "1 2 0:3 /docker/abc /my\\040groups rw - cgroup2 cgroup2 rw", "/my groups"),
        ])
    func container(membership: String, mount: String, folder: String) {
        #expect(groups(membership, mounts: mount, ["\(folder)/cpu.max": "200000 100000"]).processorQuota == 2)
    }

    @Test(
        "what is no number, or nonsense, limits nothing",
        arguments: ["", "a b", "0 100000", "1 0", "-5 100000", "100000"])
    func nonsense(text: String) {
        let found = groups(
            "0::/a\nnonsense\n", mounts: Self.two + "\nx - y\n",
            ["/sys/fs/cgroup/a/cpu.max": text, "/sys/fs/cgroup/a/memory.max": "lots"])
        #expect(found.processorQuota == nil)
        #expect(found.memoryBytes == nil)
    }

    @Test("this process's cores are those of its affinity mask, or fewer")
    func machine() {
        #expect(Machine.coreCount >= 1 && Machine.coreCount <= max(1, CoreList.allowed.count))
        #expect(Machine.memoryAvailableBytes <= Machine.memoryBytes)
        #expect(Machine.memoryAvailableBytes > 0)
    }

    @Test("a machine that has scalar code only is told of, any other is not")
    func slowness() {
        #expect(Machine.slowness(kernels: ["scalar"])?.contains("AVX2") == true)
        #expect(Machine.slowness(kernels: ["scalar", "avx2"]) == nil)
    }
}
