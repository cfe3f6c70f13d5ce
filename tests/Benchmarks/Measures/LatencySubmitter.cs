using DelphiRunner.Engine.Stores.Sqlite;

namespace DelphiRunner.Benchmarks.Measures;

/// <summary>This program as another process that submits: it creates a job for each line that it is sent, and says when it began to.</summary>
internal static class LatencySubmitter
{
    /// <summary>The first argument that starts the program in this mode.</summary>
    public const string Mode = "submitter";

    public static async Task<int> RunAsync(string database, TextReader input, TextWriter output)
    {
        await using var store = new SqliteJobStore(database, TimeProvider.System);
        while (await input.ReadLineAsync() is { } jobId)
        {
            var row = Jobs.New(Jobs.Stamp, jobId);
            var before = Moment.Now();
            await store.CreateAsync(row, CancellationToken.None);
            await output.WriteLineAsync(before.ToString());
            await output.FlushAsync();
        }

        return ExitCodes.Succeeded;
    }
}
