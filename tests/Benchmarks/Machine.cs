using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace DelphiRunner.Benchmarks;

/// <summary>What the figures were taken on: they are only worth something beside it.</summary>
internal static class Machine
{
    private const int Syncs = 200;

    public static JsonObject Describe(string folder)
    {
        Directory.CreateDirectory(folder);
        return new JsonObject
        {
            ["measure"] = "machine",
            ["taken_at"] = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture),
            ["cores"] = Environment.ProcessorCount,
            ["system"] = RuntimeInformation.OSDescription,
            ["runtime"] = RuntimeInformation.FrameworkDescription,
            ["build"] = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)),
            ["file_system"] = new DriveInfo(folder).DriveFormat,
            ["sync_ms"] = SyncTimes(folder).ToPercentiles(),
        };
    }

    /// <summary>How long the disk takes to make 4 KiB durable: what a durable store pays for each group of writes.</summary>
    private static Figure SyncTimes(string folder)
    {
        var path = Path.Combine(folder, $"sync-{Guid.NewGuid():N}");
        var figure = new Figure();
        using var file = new FileStream(
            path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, Options = FileOptions.DeleteOnClose });
        var block = new byte[4096];
        for (var i = 0; i < Syncs; i++)
        {
            var start = Stopwatch.GetTimestamp();
            file.Write(block);
            file.Flush(flushToDisk: true);
            figure.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return figure;
    }
}
