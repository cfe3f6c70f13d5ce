using System.Diagnostics;
using System.Runtime.Versioning;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Execution.Containment;
using DelphiRunner.Engine.Tests.Stores.Sqlite;

namespace DelphiRunner.Engine.Tests.Execution.Containment;

/// <summary>A host whose system shows it only its own user's processes (<c>hidepid=2</c>), and what became another's by its program.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Platform("Linux")]
[SupportedOSPlatform("linux")]
public sealed class HiddenProcessTests : IDisposable
{
    private const UnixFileMode ForAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private static readonly string[] AsNobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

    private static readonly string[] HidingSystem =
        ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", "mount -o remount,hidepid=2 /proc || exit; \"$@\"; exit", "sh", .. AsNobody];

    private readonly string _folder = Directory.CreateTempSubdirectory("delphi-hidden-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task What_left_its_session_and_cannot_be_seen_is_not_taken_for_gone()
    {
        await RequireAsync();
        var program = Path.Combine(_folder, "sleep");
        File.SetUnixFileMode(_folder, ForAll);
        File.Copy("/bin/sleep", program);
        File.SetUnixFileMode(program, ForAll | UnixFileMode.SetUser);
        using var host = StoreProcess.StartUnder(HidingSystem, "prove", "session", "sh", "-c", $"(setsid {program} 300 >/dev/null 2>&1 &); kill -STOP $$");
        await host.ReadLineAsync();
        await Eventually.BecomesTrueAsync(() => Survivors.With(program).Any(process => process.Split(' ', 2)[1].StartsWith(program, StringComparison.Ordinal)));

        await host.WriteLineAsync("end");
        var proof = await host.ReadLineAsync();

        Assert.That(proof, Does.StartWith("unconfirmed: ").And.Contains("1 processes without a mark"));
    }

    [Test]
    public async Task A_group_that_answers_is_not_empty_although_nobody_can_be_seen_in_it()
    {
        using var root = Process.Start("setsid", "true");
        await root.WaitForExitAsync();
        var containment = new SessionContainment(root.Id, startTime: null, "DELPHI_FENCE=1:of-this-test", orphans: null, Refuse, TimeProvider.System);

        var proof = await containment.ProveExitAsync();

        Assert.That(proof.IsConfirmed, Is.False, proof.Text);
        Assert.That(proof.IsAlive, Is.True, proof.Text);

        // As the kernel answers for a group of another user.
        static int Refuse(int id, int signal) => 1;
    }

    private static async Task RequireAsync()
    {
        Assume.That(Environment.IsPrivilegedProcess, Is.True, "A system of our own needs root.");
        using var reader = Process.Start(AsNobody[0], [.. AsNobody[1..], "test", "-r", StoreProcess.CommandOf().Last()]);
        await reader.WaitForExitAsync();
        Assume.That(reader.ExitCode, Is.Zero, "The tests have to lie where every user may read.");
    }
}
