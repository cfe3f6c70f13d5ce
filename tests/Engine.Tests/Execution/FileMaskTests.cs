using DelphiRunner.Engine.Tests.Stores.Sqlite;

namespace DelphiRunner.Engine.Tests.Execution;

/// <summary>The mask of a host that was started with 027, and that of its commands.</summary>
[Platform("Linux")]
public sealed class FileMaskTests
{
    private static readonly string[] Began = ["sh", "-c", "umask 027; exec \"$@\"", "sh"];

    // As in a container, whose filter of system calls lets no thread leave what it shares.
    private static readonly string[] Refused = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=unshare", "-e", "inject=unshare:error=EPERM"];

    [Test]
    public async Task The_hosts_own_files_are_its_users_alone_and_commands_keep_the_mask_that_it_began_with()
    {
        using var host = StoreProcess.StartUnder(Began, "mask", "show");

        Assert.That(await host.ReadToEndAsync(), Is.EqualTo(new[] { "own 0077", "command 0027" }));
    }

    [Test]
    public async Task Where_a_thread_can_have_no_mask_of_its_own_commands_keep_theirs_all_the_same_and_it_is_said()
    {
        using var host = StoreProcess.StartUnder([.. Began, .. Refused], "mask", "show");

        var lines = await host.ReadToEndAsync();

        Assert.That(lines.Take(2), Is.EqualTo(new[] { "own 0027", "command 0027" }));
        Assert.That(lines.Skip(2), Has.One.Contains("mask").And.One.Contains("Operation not permitted"));
    }
}
