using System.Globalization;
using System.Runtime.Versioning;
using DelphiRunner.Engine.Tests.Execution.Containment;

namespace DelphiRunner.Engine.Tests.Execution;

[TestFixtureSource(typeof(Rungs), nameof(Rungs.OfThisMachine))]
[Platform(Exclude = "Win")]
[UnsupportedOSPlatform("windows")]
public sealed class OutputOfChildrenTests(string rung)
{
    private const string Secret = "s3cr3t/+\"value";

    [Test]
    public async Task A_secret_that_is_written_in_two_pieces_is_masked_everywhere()
    {
        using var attempt = new Attempt(rung) { Secrets = { ["TOKEN"] = Secret } };

        var run = await attempt.RunChildAsync("secret-split", "TOKEN");

        Assert.That(attempt.Lines, Is.EqualTo(new[] { "before *** behind" }));
        Assert.That(run.Result.LastLines, Is.EqualTo(attempt.Lines));
        Assert.That(attempt.Spool, Is.EqualTo("before *** behind\n"));
    }

    [Test]
    public async Task A_secret_in_base64_is_masked()
    {
        using var attempt = new Attempt(rung) { Secrets = { ["TOKEN"] = Secret } };

        await attempt.RunChildAsync("secret-base64", "TOKEN");

        Assert.That(attempt.Lines[0], Does.Match("^a2V5P.\\*\\*\\*.{1,4}$"), "what stands around the secret, and not a byte of it");
        Assert.That(attempt.Spool, Is.EqualTo(attempt.Lines[0] + "\n"));
    }

    [Test]
    public async Task A_secret_that_escape_sequences_hide_is_masked_in_the_lines()
    {
        using var attempt = new Attempt(rung) { Secrets = { ["TOKEN"] = "hidden-value" } };

        await attempt.RunShellAsync("printf 'a hidden\\033[0m-va\\000lue z\\n'");

        Assert.That(attempt.Lines, Is.EqualTo(new[] { "a *** z" }));
    }

    [Test]
    public async Task Escape_sequences_and_control_characters_are_kept_out_of_the_lines_and_left_in_the_spool()
    {
        using var attempt = new Attempt(rung);

        await attempt.RunChildAsync("ansi");

        Assert.That(attempt.Lines, Is.EqualTo(new[] { "red and plain", "one [DELPHI JOB 00000000] INFO: forged" }));
        Assert.That(attempt.Spool, Does.StartWith("\u001b[31mred"));
    }

    [Test]
    public async Task Invalid_text_is_replaced()
    {
        using var attempt = new Attempt(rung);

        await attempt.RunChildAsync("invalid-utf8");

        Assert.That(attempt.Lines, Is.EqualTo(new[] { "a\uFFFDb\uFFFDc\uFFFD\uFFFD" }));
    }

    [Test]
    public async Task NUL_bytes_are_kept_out_of_the_lines_and_left_in_the_spool()
    {
        const int Length = 1_000_000;
        using var attempt = new Attempt(rung);

        var run = await attempt.RunChildAsync("nul", Length.ToString(CultureInfo.InvariantCulture));

        // Nothing of what is kept of the line is left to show.
        Assert.That(attempt.Lines, Is.EqualTo(new[] { " [cut: the line has 1,000,003 bytes]" }));
        Assert.That(run.Result.OutputBytes, Is.EqualTo(Length + 4));
        Assert.That(attempt.Spool, Is.EqualTo(new string('\0', Length) + "end\n"));
    }

    [Test]
    public async Task The_output_of_a_command_that_has_ended_before_it_is_read_is_complete()
    {
        using var attempt = new Attempt(rung);
        var isRead = false;
        attempt.OnLine = _ =>
        {
            // Only when nothing of it runs are the other lines taken.
            if (!isRead)
                Eventually.BecomesTrueAsync(() => Survivors.With(attempt.Fence).Count == 0).GetAwaiter().GetResult();
            isRead = true;
        };

        var run = await attempt.RunChildAsync("burst", "5000");

        Assert.That(run.Result.Succeeded, Is.True);
        Assert.That(attempt.Lines.Skip(1), Is.EqualTo(Enumerable.Range(0, 5000).Select(number => number.ToString(CultureInfo.InvariantCulture))));
    }

    [Test]
    public async Task A_progress_bar_gives_a_line_each_time()
    {
        using var attempt = new Attempt(rung);

        await attempt.RunChildAsync("progress", "3");

        Assert.That(attempt.Lines, Is.EqualTo(new[] { "0", "1", "2", "done" }));
    }

    [Test]
    public async Task The_beginning_and_the_end_of_a_flood_are_spooled_and_the_rest_counted()
    {
        const int Length = 100_000_000;
        using var attempt = new Attempt(rung) { Options = new() { MaxSpoolBytes = 1_000_000, LastLines = 10 } };

        var run = await attempt.RunChildAsync("flood", Length.ToString(CultureInfo.InvariantCulture));

        Assert.That(run.Result.OutputLines, Is.EqualTo(1_000_000));
        Assert.That(run.Result.LastLines, Has.Count.EqualTo(10));
        Assert.That(run.Notes, Is.EqualTo(new[]
        {
            "99,000,000 bytes in the middle of the output are not in the spool: it is limited to 1,000,000 bytes by 'execution.max_spool_bytes'.",
        }));
        Assert.That(attempt.Spool, Has.Length.EqualTo(1_000_000 + $"\n[{run.Notes[0]}]\n".Length));
    }

    [Test]
    public async Task A_spool_that_cannot_be_written_costs_no_job()
    {
        using var attempt = new Attempt(rung);
        Directory.CreateDirectory(attempt.SpoolPath);

        var run = await attempt.RunChildAsync("echo", "hello");

        Assert.That(run.Result.Succeeded, Is.True);
        Assert.That(attempt.Lines, Is.EqualTo(new[] { "hello" }));
        Assert.That(run.Notes, Has.Count.EqualTo(1).And.All.Contains("could not be written"));
    }

    [Test]
    public async Task The_spool_belongs_to_the_host_alone()
    {
        using var attempt = new Attempt(rung);

        await attempt.RunChildAsync("echo", "hello");

        Assert.That(File.GetUnixFileMode(attempt.SpoolPath), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }
}
