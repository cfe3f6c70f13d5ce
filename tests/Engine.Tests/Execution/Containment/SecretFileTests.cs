using System.Runtime.Versioning;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Execution.Containment;

namespace DelphiRunner.Engine.Tests.Execution.Containment;

/// <summary>A secret that a command gets as a file, on each rung of the containment ladder that this machine has.</summary>
[TestFixtureSource(typeof(Rungs), nameof(Rungs.OfThisMachine))]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Platform("Linux")]
[SupportedOSPlatform("linux")]
public sealed class SecretFileTests : IDisposable
{
    private const string Secret = "a-secret-of-some-length";

    // What the command itself sees of the file, and of its variables.
    private const string Look =
        "stat -c '%a %U' $(dirname $TOKEN_FILE) $TOKEN_FILE; cat $TOKEN_FILE; echo; wc -c < $TOKEN_FILE; echo \"$TOKEN\"; ls $(dirname $TOKEN_FILE)/..";

    private readonly string _rung;
    private readonly Attempt _attempt;
    private readonly SecretFolder _folder;

    public SecretFileTests(string rung)
    {
        _rung = rung;
        _attempt = new Attempt(rung) { Secrets = { ["TOKEN"] = Secret } };
        _folder = new SecretFolder(_attempt.State);
        _folder.Open();
        _attempt.SecretFolder = _folder.Path;
    }

    private bool IsNamespace => Rungs.WithNamespace.Contains(_rung);

    public void Dispose()
    {
        _folder.Dispose();
        _attempt.Dispose();
        Assert.That(Directory.Exists(_folder.Path), Is.False);
    }

    [Test]
    public async Task It_is_private_masked_in_output_and_gone_with_the_command()
    {
        var run = await _attempt.RunShellAsync(Look);

        var me = Environment.UserName;
        Assert.That(run.Result.Succeeded, Is.True, string.Join('\n', _attempt.Lines));
        Assert.That(_attempt.Lines, Is.EqualTo(new[] { $"700 {me}", $"400 {me}", "***", $"{Secret.Length}", "", "own" }));
        Assert.That(_attempt.Spool, Does.Not.Contain(Secret));
        Assert.That(Directory.EnumerateFileSystemEntries(_folder.Path), Is.Empty);
        Assert.That(Directory.EnumerateFileSystemEntries(_attempt.Folder), Is.Empty, "the work folder is used again");
    }

    [Test]
    public async Task It_lies_in_memory_and_the_state_folder_leads_to_it()
    {
        Assert.That(_folder.IsInMemory, Is.True);
        Assert.That(new DriveInfo(_folder.Path).DriveFormat, Is.EqualTo("tmpfs"));
        Assert.That(new FileInfo(Path.Combine(_attempt.State, "secrets")).LinkTarget, Is.EqualTo(_folder.Path));
        Assert.That(File.GetUnixFileMode(_folder.Path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));

        await _attempt.RunShellAsync("stat -f -c %T $TOKEN_FILE");

        Assert.That(_attempt.Lines, Is.EqualTo(new[] { "tmpfs" }));
    }

    [Test]
    public async Task Without_memory_it_lies_in_the_state_folder_and_is_as_private()
    {
        _attempt.SecretFolder = WorkFolders.MakePrivate(Path.Combine(_attempt.State, "on-disk"));

        await _attempt.RunShellAsync(Look);

        Assert.That(_attempt.Lines.Skip(2), Is.EqualTo(new[] { "***", $"{Secret.Length}", "", "own" }));
        Assert.That(Directory.EnumerateFileSystemEntries(_attempt.SecretFolder), Is.Empty);
    }

    [Test]
    public async Task The_secret_of_another_attempt_is_there_only_where_nothing_covers_it()
    {
        var other = Path.Combine(WorkFolders.MakePrivate(Path.Combine(_folder.Path, "other")), "TOKEN");
        await File.WriteAllTextAsync(other, Secret);

        await _attempt.RunChildAsync("read", other);
        await _attempt.RunAsync(_attempt.Approve("/bin/sh", "-c", $"ls {_folder.Path}"));

        // Without a namespace a process of the same user is kept from nothing that is this user's.
        Assert.That(_attempt.Lines, Is.EqualTo(IsNamespace ? ["refused", "own"] : new[] { $"read {Secret.Length}", "other", "own" }));
    }

    [Test]
    public async Task It_is_there_in_the_profile_strict()
    {
        _attempt.Configured = new ConfinementOptions { Sandbox = IsNamespace ? SandboxProfile.Strict : null };

        await _attempt.RunShellAsync("cat $TOKEN_FILE; echo; ls $(dirname $TOKEN_FILE)/..; echo x 2>/dev/null > $(dirname $TOKEN_FILE)/../kept && echo written");

        Assert.That(_attempt.Lines, Is.EqualTo(IsNamespace ? ["***", "own"] : new[] { "***", "own", "written" }));
        File.Delete(Path.Combine(_folder.Path, "kept"));
    }

    [Test]
    public async Task What_the_operator_opens_in_strict_does_not_uncover_it()
    {
        if (!IsNamespace)
            return; // There is nothing to open.
        await File.WriteAllTextAsync(Path.Combine(WorkFolders.MakePrivate(Path.Combine(_folder.Path, "other")), "TOKEN"), Secret);
        _attempt.Configured = new ConfinementOptions { Sandbox = SandboxProfile.Strict, Strict = new StrictOptions { Writable = ["/dev/shm"] } };

        await _attempt.RunShellAsync("cat $TOKEN_FILE; echo; ls $(dirname $TOKEN_FILE)/..");

        Assert.That(_attempt.Lines, Is.EqualTo(new[] { "***", "own" }));
    }

    [Test]
    public async Task As_another_user_the_command_can_read_it_and_owns_it()
    {
        // 'user' needs a host that runs as root, and a namespace; what is refused elsewhere is tested with the policy.
        if (!Environment.IsPrivilegedProcess || !IsNamespace)
            return;
        _attempt.Configured = new ConfinementOptions { User = "nobody" };

        await _attempt.RunShellAsync(Look);

        Assert.That(_attempt.Lines, Is.EqualTo(new[] { "700 nobody", "400 nobody", "***", $"{Secret.Length}", "", "own" }));
        Assert.That(Directory.EnumerateFileSystemEntries(_folder.Path), Is.Empty);
    }

    [Test]
    public async Task It_is_gone_when_the_command_could_not_be_started()
    {
        var script = Path.Combine(_attempt.Folder, "script");
        await File.WriteAllTextAsync(script, "#!/no/such/interpreter\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        Assert.That(() => _attempt.RunAsync(_attempt.Approve(script)), Throws.TypeOf<ProcessStartException>());
        Assert.That(Directory.EnumerateFileSystemEntries(_folder.Path), Is.Empty);
    }

    [Test]
    public void A_command_whose_secrets_cannot_be_written_is_not_started()
    {
        var command = _attempt.Approve("/bin/true");
        Directory.Delete(_folder.Path);
        File.WriteAllText(_folder.Path, "no folder");

        try
        {
            Assert.That(() => _attempt.RunAsync(command), Throws.TypeOf<ProcessStartException>().With.Message.Contains("secrets could not be written"));
        }
        finally
        {
            File.Delete(_folder.Path);
        }
    }

    [Test]
    public async Task A_command_that_takes_all_rights_from_its_folder_keeps_nothing_there()
    {
        await _attempt.RunShellAsync("d=$(dirname $TOKEN_FILE); mkdir -p $d/deep/er 2>/dev/null; chmod 0 $d/deep $d 2>/dev/null; echo done");

        Assert.That(_attempt.Lines, Is.EqualTo(new[] { "done" }));
        Assert.That(Directory.EnumerateFileSystemEntries(_folder.Path), Is.Empty);
    }

    [Test]
    public async Task What_a_killed_host_left_is_removed_at_the_next_start()
    {
        await File.WriteAllTextAsync(Path.Combine(WorkFolders.MakePrivate(Path.Combine(_folder.Path, "left")), "TOKEN"), Secret);

        using (StateFolder.Take(_attempt.State))
        {
            Assert.That(Directory.Exists(_folder.Path), Is.False);
            Assert.That(File.Exists(Path.Combine(_attempt.State, "secrets")), Is.False);
        }
    }
}
