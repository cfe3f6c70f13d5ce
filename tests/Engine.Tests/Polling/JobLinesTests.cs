using System.Text;
using DelphiRunner.Engine.Polling;

namespace DelphiRunner.Engine.Tests.Polling;

internal sealed class JobLinesTests
{
    [Test]
    public async Task Every_line_is_written_in_its_order()
    {
        var expected = Enumerable.Range(0, 10_000).Select(number => $"line {number}").ToList();
        using var output = new StringWriter();

        await using (var lines = new JobLines(output, TimeProvider.System))
        {
            expected.ForEach(line => lines.Write(line, isWanted: false));
        }

        Assert.That(Lines(output.ToString()), Is.EqualTo(expected));
    }

    [Test]
    public async Task A_reader_that_does_not_read_costs_lines_and_neither_time_nor_memory()
    {
        const int Count = 300_000;
        using var output = new StuckWriter();
        var lines = new JobLines(output, TimeProvider.System);
        lines.Write("first", isWanted: false);
        await output.Began;
        var before = GC.GetTotalMemory(forceFullCollection: true);

        for (var number = 0; number < Count; number++)
            lines.Write(new string('x', 200), isWanted: false);
        lines.Write("what readers look for", isWanted: true);
        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        output.LetGo();
        await lines.DisposeAsync();

        var written = Lines(output.ToString());
        var dropped = Count - (written.Count - 3);
        Assert.That(grown, Is.LessThan(32 * 1024 * 1024));
        Assert.That(dropped, Is.InRange(200_000, Count));
        Assert.That(written[0], Is.EqualTo("first"));
        Assert.That(written[^2], Is.EqualTo("what readers look for"));
        Assert.That(written[^1], Is.EqualTo($"[DELPHI JOB --------] WARNING: {dropped} lines were not written, since nobody read fast enough"));
    }

    private static List<string> Lines(string text) => [.. text.Split(Environment.NewLine)[..^1]];

    /// <summary>Standard output whose reader has stopped.</summary>
    private sealed class StuckWriter : StringWriter
    {
        private readonly TaskCompletionSource _began = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Began => _began.Task;

        public void LetGo() => _go.SetResult();

        public override async Task WriteAsync(ReadOnlyMemory<char> buffer, CancellationToken cancellationToken = default)
        {
            _began.TrySetResult();
            await _go.Task;
            Write(buffer.Span);
        }

        public override Encoding Encoding => Encoding.UTF8;
    }
}
