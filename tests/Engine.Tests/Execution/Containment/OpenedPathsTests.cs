using System.Runtime.Versioning;
using DelphiRunner.Engine.Execution.Containment;

namespace DelphiRunner.Engine.Tests.Execution.Containment;

/// <summary>What <c>strict</c> leaves open, in a folder that it covers otherwise.</summary>
[TestFixtureSource(typeof(Rungs), nameof(Rungs.WithNamespace))]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Platform("Linux")]
[UnsupportedOSPlatform("windows")]
public sealed class OpenedPathsTests(string rung) : IDisposable
{
    private const UnixFileMode Everybody = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private readonly string _folder = Directory.CreateTempSubdirectory("delphi-opened-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [TestCase("shared/log")]
    [TestCase("current/log")]
    [TestCase("current/../1/log")]
    [TestCase("absolute")]
    [TestCase("through")]
    public async Task A_path_behind_links_is_there_by_its_name(string name)
    {
        Make("shared/log");
        Make("releases/1");
        Link("releases/1/log", "../../shared/log");
        Link("current", "releases/1");
        Link("absolute", At("current/log"));
        Make("plain");
        Link("through", "plain/../shared/log");
        using var attempt = Strict(writable: [At(name)]);

        await attempt.RunShellAsync($"touch {At(name)}/written && echo written");

        Assert.That(attempt.Lines, Is.EqualTo(new[] { "written" }));
        Assert.That(File.Exists(At("shared/log/written")), Is.True);
    }

    [Test]
    public async Task A_folder_that_an_absolute_link_outside_of_private_folders_leads_to_is_opened()
    {
        // On Debian a link to '/run'.
        const string Absolute = "/var/run";
        Assert.That(new FileInfo(Absolute).LinkTarget, Does.StartWith("/"));
        using var attempt = Strict(readable: [Absolute]);

        await attempt.RunShellAsync($"[ -d {Absolute}/lock ] && echo there");

        Assert.That(attempt.Lines, Is.EqualTo(new[] { "there" }));
    }

    [Test]
    public async Task A_link_does_not_open_what_is_the_hosts()
    {
        using var attempt = Strict(readable: [At("above")]);
        Link("above", Path.GetDirectoryName(attempt.State)!);
        attempt.Queue = Path.Combine(attempt.State, "queue.db");
        await File.WriteAllTextAsync(attempt.Queue, "rows");

        await attempt.RunShellAsync($"[ -d {At("above")} ] && echo opened; cat {At("above")}/{Path.GetFileName(attempt.State)}/queue.db || echo refused");

        Assert.That(attempt.Lines.Where(line => !line.StartsWith("cat: ", StringComparison.Ordinal)), Is.EqualTo(new[] { "opened", "refused" }));
    }

    [Test]
    public void A_link_where_commands_may_write_is_not_followed()
    {
        Make("data");
        Make("elsewhere");
        Link("data/out", At("elsewhere"));
        Link("to-data", At("data"));
        var readable = new ConfinementOptions { Sandbox = SandboxProfile.Strict, Strict = new StrictOptions { Readable = [At("data/out")] } };

        Assert.That(Decide(readable with { Strict = readable.Strict with { Writable = [At("data")] } }), Throws.TypeOf<ConfinementException>().With.Message.Contains($"'{At("data/out")}' is a link in '{At("data")}'"));
        Assert.That(Decide(readable, At("to-data")), Throws.TypeOf<ConfinementException>(), "where commands of another job type may write");
        Assert.That(Decide(readable, At("elsewhere")), Throws.Nothing);

        static Func<Confinement> Decide(ConfinementOptions options, params string[] writable) =>
            () => new ConfinementPolicy(Rungs.Machine, SandboxMode.Auto, writable).Decide(options);
    }

    [Test]
    public async Task What_is_readable_within_what_is_writable_is_not_writable()
    {
        Make("data/model");
        using var attempt = Strict(readable: [At("data/model")], writable: [At("data")]);

        await attempt.RunShellAsync($"touch {At("data/model/file")} 2> /dev/null || echo refused; touch {At("data/file")} && echo written");

        Assert.That(attempt.Lines, Is.EqualTo(new[] { "refused", "written" }));
    }

    [Test]
    public async Task What_is_readable_is_so_also_where_everything_else_is_writable()
    {
        using var attempt = Strict(readable: ["/etc"], writable: ["/"]);

        await attempt.RunShellAsync("findmnt -n -o OPTIONS -T /etc | cut -d , -f 1");

        Assert.That(attempt.Lines, Is.EqualTo(new[] { "ro" }));
    }

    [Test]
    public async Task Another_user_reaches_it_through_the_folders_above()
    {
        if (!Environment.IsPrivilegedProcess)
            return; // Nobody else can have commands run as another user.

        Make("a/b/c");
        Link("link", "a/b");
        await File.WriteAllTextAsync(At("a/b/c/file"), "for all\n");
        foreach (var folder in new[] { "", "a", "a/b", "a/b/c" })
            File.SetUnixFileMode(At(folder), Everybody);
        using var attempt = Strict(readable: [At("link/c")], user: "nobody");

        await attempt.RunShellAsync($"cat {At("a/b/c/file")} {At("link/c/file")}");

        Assert.That(attempt.Lines, Is.EqualTo(new[] { "for all", "for all" }));
    }

    private string At(string path) => Path.Combine(_folder, path);

    private void Make(string path) => Directory.CreateDirectory(At(path));

    private void Link(string path, string target) => File.CreateSymbolicLink(At(path), target);

    private Attempt Strict(IReadOnlyList<string>? readable = null, IReadOnlyList<string>? writable = null, string? user = null) => new(rung)
    {
        Configured = new ConfinementOptions { Sandbox = SandboxProfile.Strict, Strict = new StrictOptions { Readable = readable ?? [], Writable = writable ?? [] }, User = user },
    };
}
