using System.Threading.Channels;

namespace DelphiRunner.Engine.Polling;

/// <summary>Writes the lines of all jobs to standard output, one at a time, on its own task.</summary>
/// <remarks>A reader that does not read must not stall a child: what does not fit into the buffer is dropped and counted in a line of its own.</remarks>
internal sealed class JobLines : IAsyncDisposable
{
    private const int Capacity = 20_000;

    private readonly Channel<string> _lines = Channel.CreateBounded<string>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    private readonly Task _writing;
    private long _dropped;

    public JobLines(TextWriter output)
    {
        _writing = Task.Run(() => WriteAllAsync(output));
    }

    public void Write(string line)
    {
        if (!_lines.Writer.TryWrite(line))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _lines.Writer.TryComplete();
        await _writing;
    }

    private async Task WriteAllAsync(TextWriter output)
    {
        while (await _lines.Reader.WaitToReadAsync())
        {
            while (_lines.Reader.TryRead(out var line))
            {
                await output.WriteLineAsync(line);
            }

            if (Interlocked.Exchange(ref _dropped, 0) is > 0 and var dropped)
            {
                await output.WriteLineAsync($"[DELPHI JOB --------] WARNING: {dropped} lines were not written, since nobody read fast enough");
            }

            await output.FlushAsync();
        }
    }
}
