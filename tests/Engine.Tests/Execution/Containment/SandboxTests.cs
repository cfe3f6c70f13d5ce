using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Execution.Containment;

namespace DelphiRunner.Engine.Tests.Execution.Containment;

/// <summary>What a command in a PID namespace sees of the machine.</summary>
[TestFixtureSource(typeof(Rungs), nameof(Rungs.WithNamespace))]
[Platform("Linux")]
public sealed class SandboxTests(string rung)
{
    private const UnixFileMode OthersToo = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    // What a .NET child needs where /tmp and the home are private: these tests and their runtime may lie there.
    private static readonly StrictOptions ChildIsReadable = new() { Readable = [Path.GetDirectoryName(Attempt.Child)!] };

    [Test]
    public async Task The_host_and_its_environment_are_not_to_be_seen()
    {
        using var attempt = new Attempt(rung);

        await attempt.RunChildAsync("read", $"/proc/{Environment.ProcessId}/environ");

        Assert.That(attempt.Lines, Is.EqualTo(new[] { "refused" }));
    }

    [Test]
    public async Task Cgroups_cannot_be_written_by_which_it_could_kill_others_and_lift_its_own_limits()
    {
        using var attempt = new Attempt(rung);

        // Looked at and not tried, as it would hit whoever runs beside this test.
        await attempt.RunShellAsync("find /sys/fs/cgroup -name 'cgroup.*' | while read -r file; do [ -w \"$file\" ] && echo \"$file\"; done; echo looked");

        Assert.That(attempt.Lines, Is.EqualTo(new[] { "looked" }));
    }

    [Test]
    public async Task A_command_that_makes_a_session_of_its_own_is_asked_to_end_all_the_same()
    {
        using var attempt = new Attempt(rung) { StopAt = "ready" };

        var run = await attempt.RunShellAsync("exec setsid sh -c \"trap 'echo asked; exit 5' TERM; echo ready; while :; do sleep 0.05; done\"");

        Assert.That(attempt.Lines, Has.Member("asked"));
        Assert.That(run.Result.ExitCode, Is.EqualTo(5));
    }

    [Test]
    public async Task Of_the_state_folder_only_the_work_folder_and_the_plugins_are_there()
    {
        using var attempt = new Attempt(rung);
        await File.WriteAllTextAsync(Path.Combine(attempt.State, "host.lock"), "secret");
        Directory.CreateDirectory(Path.Combine(attempt.State, "work", "other"));
        Directory.CreateDirectory(Path.Combine(attempt.State, "plugins", "copy"));

        await attempt.RunShellAsync($"cd {attempt.State}; find . | sort; touch {attempt.State}/x 2>/dev/null || echo refused; touch {attempt.State}/work/attempt/y && echo written");

        Assert.That(attempt.Lines, Is.EqualTo(new[] { ".", "./plugins", "./plugins/copy", "./work", "./work/attempt", "refused", "written" }));
        Assert.That(File.Exists(Path.Combine(attempt.Folder, "y")), Is.True);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task The_files_of_the_queue_cannot_be_read_wherever_they_lie(bool inState)
    {
        using var elsewhere = new Attempt(rung);
        using var attempt = new Attempt(rung);
        attempt.Queue = Path.Combine(inState ? attempt.State : elsewhere.Folder, "queue.db");

        await ExpectOutOfReachAsync(attempt, attempt.Queue);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task The_files_of_a_queue_that_a_link_leads_to_cannot_be_read_where_they_really_lie(bool inState)
    {
        using var elsewhere = new Attempt(rung);
        using var attempt = new Attempt(rung);
        attempt.Queue = Path.Combine(inState ? attempt.State : Directory.CreateDirectory(Path.Combine(elsewhere.State, "links")).FullName, "queue.db");
        var real = Path.Combine(elsewhere.Folder, "real.db");
        File.CreateSymbolicLink(attempt.Queue, real);

        await ExpectOutOfReachAsync(attempt, real);
    }

    // SQLite would believe a journal: whoever opens the queue alone the next time writes what stands in it.
    [Test]
    [UnsupportedOSPlatform("windows")]
    public async Task A_command_cannot_lay_a_forged_journal_beside_the_queue()
    {
        using var elsewhere = new Attempt(rung);
        using var attempt = new Attempt(rung);
        attempt.Queue = Path.Combine(elsewhere.Folder, "queue.db");
        var forged = Path.Combine(attempt.Folder, "forged");
        using (var host = new SmallQueue(attempt.Queue))
        {
            host.Set("forged");
            host.WriteJournal(forged);
            host.Set("true");
            File.SetUnixFileMode(attempt.Queue, OthersToo);

            await attempt.RunShellAsync($"cp forged {attempt.Queue}-journal && echo laid; rm -f {attempt.Queue}-journal && echo removed");
            await attempt.RunShellAsync($"cp forged {attempt.Queue}-journal && echo laid");

            Assert.That(host.Get(), Is.EqualTo("true"));
            Assert.That(File.GetUnixFileMode(attempt.Queue + "-journal"), Is.EqualTo(OthersToo), "others of the queue have to see that it is empty");
        }

        using var next = new SmallQueue(attempt.Queue);
        Assert.That(next.Get(), Is.EqualTo("true"));
        Assert.That(attempt.Lines, Has.None.EqualTo("laid").And.None.EqualTo("removed"));
        next.Set("written");
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_file_that_holds_a_secret_cannot_be_read_nor_changed(bool isLink)
    {
        using var elsewhere = new Attempt(rung);
        using var attempt = new Attempt(rung);
        var real = Path.Combine(elsewhere.Folder, "key");
        await File.WriteAllTextAsync(real, "secret");
        attempt.SecretFiles = [isLink ? Path.Combine(elsewhere.Folder, "link") : real];
        if (isLink)
            File.CreateSymbolicLink(attempt.SecretFiles[0], real);

        await attempt.RunChildAsync("read", real);
        await attempt.RunChildAsync("write", attempt.SecretFiles[0]);

        Assert.That(attempt.Lines, Is.EqualTo(new[] { "refused", "refused" }));
        Assert.That(await File.ReadAllTextAsync(attempt.SecretFiles[0]), Is.EqualTo("secret"));
    }

    [Test]
    public async Task Strict_leaves_only_the_work_folder_and_named_paths_writable()
    {
        using var named = new Attempt(rung);
        using var attempt = new Attempt(rung);
        var unnamed = Path.Combine(Path.GetDirectoryName(Attempt.Child)!, "written");
        attempt.Configured = new ConfinementOptions { Sandbox = SandboxProfile.Strict, Strict = ChildIsReadable with { Writable = [named.Folder] } };

        await attempt.RunChildAsync("write", unnamed, "/etc/written", Path.Combine(named.Folder, "written"), Path.Combine(attempt.Folder, "written"), "/tmp/delphi-private");

        Assert.That(attempt.Lines, Is.EqualTo(new[] { "refused", "refused", "written", "written", "written" }));
        Assert.That(File.Exists("/tmp/delphi-private"), Is.False, "its /tmp is its own");
        Assert.That(File.Exists(Path.Combine(named.Folder, "written")), Is.True);
    }

    [Test]
    public async Task What_strict_opens_does_not_open_what_is_the_hosts()
    {
        using var attempt = new Attempt(rung);
        var above = Path.GetDirectoryName(attempt.State)!;
        attempt.Configured = new ConfinementOptions { Sandbox = SandboxProfile.Strict, Strict = ChildIsReadable with { Readable = [.. ChildIsReadable.Readable, above], Writable = [above, attempt.State] } };
        attempt.Queue = Path.Combine(attempt.State, "queue.db");
        var other = Path.Combine(WorkFolders.MakePrivate(Path.Combine(attempt.State, "work", "other")), "file");
        await File.WriteAllTextAsync(attempt.Queue, "rows");
        await File.WriteAllTextAsync(other, "other's");
        var beside = Path.Combine(above, $"delphi-beside-{Guid.NewGuid():N}");

        await attempt.RunChildAsync("read", attempt.Queue, other);
        await attempt.RunChildAsync("write", attempt.Queue, other, beside, Path.Combine(attempt.Folder, "own"));
        File.Delete(beside);

        Assert.That(attempt.Lines, Is.EqualTo(new[] { "refused", "refused", "refused", "refused", "written", "written" }));
        Assert.That(File.Exists(Path.Combine(attempt.Folder, "own")), Is.True);
    }

    [Test]
    public async Task In_strict_no_private_folder_takes_more_memory_than_it_may()
    {
        using var attempt = new Attempt(rung) { Configured = new ConfinementOptions { Sandbox = SandboxProfile.Strict, Strict = ChildIsReadable with { PrivateBytes = 16L << 20 } } };
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

        foreach (var folder in new[] { "/tmp", "/var/tmp", "/run", "/dev/shm", home })
            await attempt.RunChildAsync("fill", Path.Combine(folder, "file"), $"{64 << 20}");
        await attempt.RunChildAsync("fill", "/dev/file", $"{64 << 20}");

        Assert.That(attempt.Lines, Is.EqualTo(new[] { "stopped at 16 MiB", "stopped at 16 MiB", "stopped at 16 MiB", "stopped at 16 MiB", "stopped at 16 MiB", "stopped at 0 MiB" })
            // The runtime of the child has files of its own in /tmp.
            .Using<string>((seen, expected) => seen == expected || (seen == "stopped at 15 MiB" && expected == "stopped at 16 MiB")));
    }

    [TestCase(false, "refused")]
    [TestCase(true, "connected")]
    public async Task Strict_has_the_network_only_where_it_is_named(bool network, string expected)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var attempt = new Attempt(rung) { Configured = new ConfinementOptions { Sandbox = SandboxProfile.Strict, Strict = ChildIsReadable with { Network = network } } };

        await attempt.RunChildAsync("connect", ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture));

        Assert.That(attempt.Lines, Is.EqualTo(new[] { expected }));
    }

    [Test]
    public async Task A_secret_is_on_no_command_line()
    {
        using var attempt = new Attempt(rung) { Secrets = { ["TOKEN"] = "not-for-the-command-line" }, StopAt = "ready" };
        IReadOnlyList<string> seen = [];
        attempt.OnLine = _ => seen =
        [
            .. Directory.EnumerateDirectories("/proc").Select(folder => KernelFile.ReadText($"{folder}/cmdline")).Where(line => line.Contains("not-for-the-command-line", StringComparison.Ordinal)),
        ];

        await attempt.RunChildAsync("wait");

        Assert.That(attempt.Lines, Is.EqualTo(new[] { "ready" }));
        Assert.That(seen, Is.Empty);
    }

    [Test]
    public async Task As_another_user_a_command_owns_its_work_folder_and_has_no_privilege()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.That(() => Rungs.Confine(rung, new ConfinementOptions { User = "nobody" }), Throws.TypeOf<ConfinementException>().With.Message.Contains("runs as root"));
            return;
        }

        using var attempt = new Attempt(rung) { Configured = new ConfinementOptions { User = "nobody" } };

        var run = await attempt.RunShellAsync("id -un; grep CapEff /proc/self/status; touch file && echo written");

        Assert.That(attempt.Lines, Is.EqualTo(new[] { "nobody", "CapEff: 0000000000000000", "written" }));
        Assert.That(run.Containment, Does.EndWith("as user nobody"));
        Assert.That(await Rungs.OwnerOfAsync(attempt.Folder), Is.EqualTo("root"), "the folder is used again");
    }

    [Test]
    public async Task A_work_folder_for_which_another_users_command_was_not_started_is_the_hosts_again()
    {
        if (!Environment.IsPrivilegedProcess)
            return; // Nobody else can give a folder away.

        using var attempt = new Attempt(rung) { Configured = new ConfinementOptions { User = "nobody" } };
        attempt.WorkingDirectory = Directory.CreateDirectory(Path.Combine(attempt.Folder, "sub")).FullName;
        var command = attempt.Approve("/bin/true");
        Directory.Delete(attempt.WorkingDirectory);

        Assert.That(() => attempt.RunAsync(command), Throws.TypeOf<ProcessStartException>());
        Assert.That(await Rungs.OwnerOfAsync(attempt.Folder), Is.EqualTo("root"), "the folder is used again");
    }

    /// <summary>Puts the files of a queue in a place, and lets a command try each.</summary>
    private static async Task ExpectOutOfReachAsync(Attempt attempt, string queue)
    {
        string[] files = [queue, queue + "-wal", queue + "-shm"];
        foreach (var file in files)
            await File.WriteAllTextAsync(file, "rows");

        await attempt.RunChildAsync(["read", .. files]);
        await attempt.RunChildAsync(["write", .. files, queue + "-journal"]);

        Assert.That(attempt.Lines, Is.EqualTo(Enumerable.Repeat("refused", 7)));
        Assert.That(files.Select(File.ReadAllText), Is.All.EqualTo("rows"));
    }
}
