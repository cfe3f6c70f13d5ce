using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;

namespace DelphiRunner.EndToEnd.Tests;

/// <summary>What the host's own process keeps to itself, seen from outside by a process of the same user.</summary>
[Parallelizable(ParallelScope.All)]
[Platform("Linux", Reason = "What is tested are means of Linux.")]
[UnsupportedOSPlatform("windows")]
public sealed class HostProtectionTests
{
    private const string Started = "with 1 slot(s)";
    private const string Diagnostics = "DOTNET_EnableDiagnostics";

    // Root may read everything. Without its capabilities it is a user like others, and still owns the files of this test.
    private static readonly string[] AsOrdinaryUser = Environment.IsPrivilegedProcess ? ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] : [];

    [Test]
    public async Task The_hosts_environment_cannot_be_read_by_a_process_of_its_user()
    {
        using var deployment = new Deployment();
        await using var host = deployment.StartBehind(AsOrdinaryUser, new Dictionary<string, string>(), "run");
        await host.WaitForErrorAsync(Started);
        using var other = Process.Start(Line([.. AsOrdinaryUser, "sh", "-c", "echo ready; read end"]))!; // It is there.
        try
        {
            await other.StandardOutput.ReadLineAsync();
            var (ofOther, _) = await ReadAsync($"/proc/{other.Id}/status", $"/proc/{other.Id}/environ");
            var (ofHost, error) = await ReadAsync($"/proc/{host.Id}/environ");

            using (Assert.EnterMultipleScope())
            {
                Assert.That(ofOther, Is.Zero, "the environment of a process that is not sealed");
                Assert.That(ofHost, Is.Not.Zero);
                Assert.That(error, Does.Contain("ermission denied").Or.Contain("not permitted"));
            }
        }
        finally
        {
            other.Kill();
        }
    }

    [Test]
    public async Task The_host_has_no_diagnostics_socket()
    {
        using var deployment = new Deployment();
        await using var host = deployment.Start("run");
        await host.WaitForErrorAsync(Started);

        Assert.That(SocketsOf(host.Id), Is.Empty);

        await host.SignalAsync("TERM");
        var end = await host.WaitAsync();
        Assert.That(end.ExitCode, Is.Zero, end.ToString());
        Assert.That(end.ErrorText, Does.Not.Contain("diagnostics socket"));
    }

    [Test]
    public async Task An_operator_who_wants_the_diagnostics_socket_has_it_and_is_told_what_it_gives_away()
    {
        using var deployment = new Deployment();
        await using var host = deployment.StartBehind([], new Dictionary<string, string> { [Diagnostics] = "1" }, "run");
        await host.WaitForErrorAsync(Started);

        Assert.That(SocketsOf(host.Id), Is.Not.Empty);
        await host.WaitForErrorAsync($"since {Diagnostics} is '1'");
    }

    [Test]
    public async Task A_descriptor_that_the_host_was_started_with_does_not_reach_a_command()
    {
        using var deployment = new Deployment();
        deployment.LetDo(DelphiCommand.FullPipeline, "if [ -e /proc/self/fd/9 ]; then echo 'descriptor 9 is open'; else echo 'descriptor 9 is closed'; fi");
        var row = deployment.Write("row.json", NewJobs.Pending("job", "FULL_PIPELINE", "39321", DateTimeOffset.UtcNow));
        await deployment.RunAsync("submit", "--from", row);

        await using var host = deployment.StartBehind(["sh", "-c", "exec 9</dev/null; exec \"$@\"", "sh"], new Dictionary<string, string>(), "run", "--once");
        var end = await host.WaitAsync();

        Assert.That(end.ExitCode, Is.Zero, end.ToString());
        Assert.That(end.Output, Has.Some.Contain("descriptor 9 is closed"));
    }

    [Test]
    public async Task The_hosts_files_are_for_its_user_alone_and_those_of_a_command_for_whom_it_was_started_for()
    {
        using var deployment = new Deployment();
        var shared = Directory.CreateDirectory(Path.Combine(deployment.Folder, "shared")).FullName;
        deployment.LetDo(DelphiCommand.FullPipeline, $"umask; echo x > '{shared}/file'");
        var row = deployment.Write("row.json", NewJobs.Pending("job", "FULL_PIPELINE", "39321", DateTimeOffset.UtcNow));

        await using var host = deployment.StartBehind(["sh", "-c", "umask 027; exec \"$@\"", "sh"], new Dictionary<string, string>(), "run");
        await host.WaitForErrorAsync(Started);
        await deployment.RunAsync("submit", "--from", row);
        await host.WaitForErrorAsync("marked as COMPLETED");

        Assert.That(File.GetUnixFileMode(deployment.Database), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        Assert.That(
            File.GetUnixFileMode(Path.Combine(shared, "file")), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead));
    }

    [Test]
    public async Task A_host_whose_disk_is_short_says_so_claims_nothing_and_stops_cleanly()
    {
        using var deployment = new Deployment(new DeploymentOptions { MinFreeDisk = "1024GiB" });
        var row = deployment.Write("row.json", NewJobs.Pending("job", "FULL_PIPELINE", "39321", DateTimeOffset.UtcNow));
        await deployment.RunAsync("submit", "--from", row);
        await using var host = deployment.Start("run");
        await host.WaitForErrorAsync("and 1048576 MiB have to be before a job is claimed ('claims.min_free_disk')");

        await host.SignalAsync("TERM");

        var end = await host.WaitAsync();
        Assert.That(end.ExitCode, Is.Zero, end.ToString());
        Assert.That((await deployment.ReadRowAsync("job"))["status"]?.Text, Is.EqualTo("PENDING"));
    }

    [Test]
    public async Task A_run_that_ends_when_nothing_is_due_fails_where_the_disk_is_short()
    {
        using var deployment = new Deployment(new DeploymentOptions { MinFreeDisk = "1024GiB" });

        var end = await deployment.RunAsync("run", "--once");

        Assert.That(end.ExitCode, Is.EqualTo(69), end.ToString());
        Assert.That(end.ErrorText, Does.Contain("Make room"));
    }

    private static string[] SocketsOf(int processId) =>
        Directory.GetFileSystemEntries(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"dotnet-diagnostic-{processId}-*"));

    private static async Task<(int ExitCode, string Error)> ReadAsync(params IEnumerable<string> paths)
    {
        using var reader = Process.Start(Line([.. AsOrdinaryUser, "cat", .. paths]))!; // It is there.
        reader.StandardInput.Close();
        var output = reader.StandardOutput.ReadToEndAsync();
        var error = await reader.StandardError.ReadToEndAsync();
        await output;
        await reader.WaitForExitAsync();
        return (reader.ExitCode, error);
    }

    private static ProcessStartInfo Line(string[] line) => new(line[0], line[1..])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    };
}
