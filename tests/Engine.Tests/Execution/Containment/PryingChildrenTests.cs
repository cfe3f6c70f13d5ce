using System.Globalization;
using System.Net.Sockets;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Execution.Containment;

namespace DelphiRunner.Engine.Tests.Execution.Containment;

/// <summary>
/// What a child gets to see of others of its user, on each rung of the containment ladder that this machine has: what is prevented, and what is not.
/// The process of these tests is a host that is not sealed; what the real one keeps to itself is tested from end to end.
/// </summary>
[TestFixtureSource(typeof(Rungs), nameof(Rungs.OfThisMachine))]
[Platform("Linux")]
public sealed class PryingChildrenTests(string rung)
{
    private const string Secret = "a-secret-of-another-attempt";

    private static readonly StrictOptions ChildIsReadable = new() { Readable = [Path.GetDirectoryName(Attempt.Child)!] };

    private bool IsNamespace => Rungs.WithNamespace.Contains(rung);

    [Test]
    public async Task A_host_that_is_not_sealed_gives_its_environment_away_by_its_diagnostics_socket_but_not_to_strict()
    {
        using var attempt = new Attempt(rung);
        using var strict = new Attempt(rung) { Configured = Strict() };
        string[] ask = ["diagnose", Path.GetTempPath(), Environment.ProcessId.ToString(CultureInfo.InvariantCulture), "PATH"];

        await attempt.RunChildAsync(ask);
        await strict.RunChildAsync(ask);

        // Which is why the real host has no such socket: a sandbox that shows /tmp does not help.
        Assert.That(attempt.Lines, Is.EqualTo(new[] { $"got PATH={Environment.GetEnvironmentVariable("PATH")}" }));
        Assert.That(strict.Lines, Is.EqualTo(IsNamespace ? ["refused"] : attempt.Lines));
    }

    [Test]
    public async Task The_environment_of_a_host_that_is_not_sealed_is_read_without_a_namespace_by_who_has_the_same_rights()
    {
        using var attempt = new Attempt(rung);

        await attempt.RunChildAsync("read", $"/proc/{Environment.ProcessId}/environ");

        // Root's host has capabilities, which the command has not.
        Assert.That(attempt.Lines, IsNamespace || Environment.IsPrivilegedProcess ? Is.EqualTo(new[] { "refused" }) : Has.One.Match("^read [1-9]"));
    }

    [Test]
    public async Task The_files_of_the_host_and_of_other_attempts_are_changed_only_without_a_namespace()
    {
        using var attempt = new Attempt(rung);
        var other = WorkFolders.MakePrivate(Path.Combine(attempt.State, "work", "other"));
        attempt.Queue = Path.Combine(attempt.State, "queue.db");
        string[] files = [attempt.Queue, Path.Combine(attempt.State, "host.lock"), Path.Combine(other, "result.json")];
        foreach (var file in files)
            await File.WriteAllTextAsync(file, "the host's");

        await attempt.RunChildAsync(["read", .. files]);
        await attempt.RunChildAsync(["write", .. files, Path.Combine(attempt.Folder, "own")]);

        // One user is no border here either.
        Assert.That(attempt.Lines, Is.EqualTo(Enumerable.Repeat(IsNamespace ? "refused" : "read 10", 3).Concat(Enumerable.Repeat(IsNamespace ? "refused" : "written", 3)).Append("written")));
        Assert.That(files.Select(File.ReadAllText), Is.All.EqualTo(IsNamespace ? "the host's" : "written"));
    }

    [Test]
    public async Task The_secret_in_the_environment_of_another_attempt_is_seen_only_without_a_namespace()
    {
        using var other = new Attempt(rung) { Secrets = { ["TOKEN"] = Secret } };
        using var attempt = new Attempt(rung);
        var isReady = new TaskCompletionSource();
        other.OnLine = _ => isReady.TrySetResult();
        var running = other.RunShellAsync("echo ready; exec sleep 300");
        await isReady.Task;

        await attempt.RunChildAsync("find-in-environments", Secret);
        await other.Job.CancelAsync();
        await running;

        // One user is no border: where nothing hides the processes, the mask of the output is all there is.
        Assert.That(attempt.Lines, IsNamespace ? Is.EqualTo(new[] { "found 0" }) : Has.One.Match("^found [1-9]"));
    }

    [Test]
    public async Task An_abstract_socket_is_reached_from_everywhere_but_strict_without_a_network()
    {
        var name = $"delphi-{Guid.NewGuid():N}";
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint($"\0{name}"));
        listener.Listen();
        using var attempt = new Attempt(rung);
        using var strict = new Attempt(rung) { Configured = Strict() };
        using var withNetwork = new Attempt(rung) { Configured = Strict(network: true) };

        foreach (var each in new[] { attempt, strict, withNetwork })
            await each.RunChildAsync("connect-abstract", name);

        Assert.That(attempt.Lines, Is.EqualTo(new[] { "connected" }));
        Assert.That(strict.Lines, Is.EqualTo(new[] { IsNamespace ? "refused" : "connected" }));
        Assert.That(withNetwork.Lines, Is.EqualTo(new[] { "connected" }));
    }

    // Outside of a namespace there is no such profile.
    private ConfinementOptions Strict(bool network = false) =>
        IsNamespace ? new() { Sandbox = SandboxProfile.Strict, Strict = ChildIsReadable with { Network = network } } : new();
}
