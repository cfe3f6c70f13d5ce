using DelphiRunner.Engine.Execution.Containment;

namespace DelphiRunner.Engine.Tests.Execution.Containment;

/// <summary>
/// What is the host's stays out of reach where a release that a link leads to holds links out of it, as deployments do: <c>current</c> leads to
/// <c>releases/5</c>, and <c>state</c> in there to <c>../../shared/state</c>.
/// </summary>
[TestFixtureSource(typeof(Rungs), nameof(Rungs.WithNamespace))]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Platform("Linux")]
public sealed class LinkedFilesTests : IDisposable
{
    private readonly Attempt _attempt;
    private readonly string _app = Directory.CreateTempSubdirectory("delphi-app-").FullName;
    private readonly string _shared;
    private readonly string _current;

    public LinkedFilesTests(string rung)
    {
        _attempt = new Attempt(rung);
        _shared = Directory.CreateDirectory(Path.Combine(_app, "shared")).FullName;
        _current = Path.Combine(_app, "current");
        Directory.CreateDirectory(Path.Combine(_app, "releases", "5"));
        Directory.CreateSymbolicLink(_current, Path.Combine("releases", "5"));
    }

    public void Dispose()
    {
        Directory.Delete(_app, recursive: true);
        _attempt.Dispose();
    }

    [Test]
    public async Task The_state_folder_is_covered_where_it_really_is()
    {
        _attempt.ConfiguredState = LinkTo("state", Path.Combine("..", "..", "..", Path.GetFileName(_attempt.State)));
        var held = Path.Combine(_attempt.State, "host.lock");
        await File.WriteAllTextAsync(held, "held");

        await _attempt.RunChildAsync("read", held, Path.Combine(_attempt.ConfiguredState, "host.lock"));
        await _attempt.RunChildAsync("write", held, Path.Combine(_attempt.Folder, "own"));

        Assert.That(_attempt.Lines, Is.EqualTo(new[] { "refused", "refused", "refused", "written" }));
        Assert.That(await File.ReadAllTextAsync(held), Is.EqualTo("held"));
    }

    [Test]
    public async Task The_queue_and_a_secret_are_covered_where_they_really_are()
    {
        string[] files = ["queue.db", "queue.db-wal", "key"];
        foreach (var file in files)
            await File.WriteAllTextAsync(Path.Combine(_shared, file), "the host's");
        _attempt.Queue = LinkTo("queue.db", Path.Combine("..", "..", "shared", "queue.db"));
        _attempt.SecretFiles = [LinkTo("key", Path.Combine("..", "..", "shared", "key"))];

        await _attempt.RunChildAsync(["read", .. files.Select(file => Path.Combine(_shared, file))]);
        await _attempt.RunChildAsync(["write", .. files.Append("queue.db-journal").Select(file => Path.Combine(_shared, file))]);

        Assert.That(_attempt.Lines, Is.EqualTo(Enumerable.Repeat("refused", 7)));
    }

    [Test]
    public void What_is_not_there_is_named_by_the_folder_that_is()
    {
        var host = HostFiles.Of(Path.Combine(LinkTo("later", Path.Combine("..", "..", "shared", "later")), "state"), queue: null, [Path.Combine(_current, "no", "key")]);
        Directory.CreateDirectory(Path.Combine(_shared, "later"));
        var there = HostFiles.Of(Path.Combine(_current, "later", "state"), queue: null, []);

        Assert.That(host.State, Is.EqualTo(Path.Combine(_app, "releases", "5", "later", "state")));
        Assert.That(host.FindOutside(), Is.Empty);
        Assert.That(there.State, Is.EqualTo(Path.Combine(_shared, "later", "state")));
    }

    /// <summary>Puts a link in the release, and names it by the release of the day.</summary>
    private string LinkTo(string name, string target)
    {
        File.CreateSymbolicLink(Path.Combine(_app, "releases", "5", name), target);
        return Path.Combine(_current, name);
    }
}
