using DelphiRunner.Engine.Execution.Containment;

namespace DelphiRunner.Engine.Tests.Execution.Containment;

/// <summary>The profile strict, whatever the home of the host's user is.</summary>
[TestFixtureSource(typeof(Rungs), nameof(Rungs.WithNamespace))]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Platform("Linux")]
public sealed class StrictHomeTests : IDisposable
{
    private readonly string? _home = Environment.GetEnvironmentVariable("HOME");
    // Not in /tmp, which is private by itself.
    private readonly string _folder = Directory.CreateDirectory(Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), $"delphi-home-{Guid.NewGuid():N}")).FullName;

    private readonly Attempt _attempt;

    public StrictHomeTests(string rung) => _attempt = new Attempt(rung) { Configured = new ConfinementOptions { Sandbox = SandboxProfile.Strict } };

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("HOME", _home);
        _attempt.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    // As a user without an entry in /etc/passwd has it, and one of systemd's DynamicUser.
    [TestCase("/")]
    [TestCase("/no/such/folder")]
    public async Task A_home_that_is_none_hides_nothing(string home)
    {
        Environment.SetEnvironmentVariable("HOME", home);

        await _attempt.RunShellAsync("ls -d /etc/passwd");

        Assert.That(_attempt.Lines, Is.EqualTo(new[] { "/etc/passwd" }));
    }

    [Test]
    public async Task A_home_that_a_link_leads_to_is_private_where_it_really_is()
    {
        RequireHomeOfItsOwn();
        var real = Directory.CreateDirectory(Path.Combine(_folder, "real")).FullName;
        var link = Path.Combine(_folder, "link");
        await File.WriteAllTextAsync(Path.Combine(real, "key"), "the host's");
        Directory.CreateSymbolicLink(link, real);
        Environment.SetEnvironmentVariable("HOME", link);

        await _attempt.RunShellAsync($"cat {link}/key {real}/key 2>/dev/null; touch {link}/own && ls {real}");

        Assert.That(_attempt.Lines, Is.EqualTo(new[] { "own" }));
        Assert.That(File.Exists(Path.Combine(real, "own")), Is.False);
    }

    [Test]
    public async Task A_work_folder_is_there_where_the_link_to_the_state_folder_is_not()
    {
        RequireHomeOfItsOwn();
        await using var host = new HostOnFile { Shell = new JobTypeOptions { Confinement = _attempt.Configured } };
        var link = Path.Combine(_folder, "state");
        Directory.CreateSymbolicLink(link, host.State);
        host.Configure = options => options with { State = link };
        await host.SubmitAsync("linked", "test $(pwd) = $HOME && touch $HOME/own && echo x > $DELPHI_RESULT_FILE.x");

        await host.RunAsync();

        Assert.That((await host.ReadAsync("linked")).Status, Is.EqualTo("COMPLETED"));
    }

    private void RequireHomeOfItsOwn() => Assume.That(_folder, Does.Not.StartWith("/tmp/"), "The home has to be elsewhere than '/tmp', with which it would be private.");
}
