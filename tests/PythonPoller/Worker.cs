using Amazon.DynamoDBv2.Model;

namespace DelphiRunner.PythonPoller;

/// <summary>The loop of the one worker of a container: the next job at once after a job, a pause only with nothing to do.</summary>
internal sealed class Worker(PollerArguments arguments, JobTable table)
{
    private readonly string _id = Guid.NewGuid().ToString();

    public async Task RunAsync()
    {
        await LogAsync($"Worker {_id} initialized for instance type: default");
        while (true)
        {
            var actionable = await table.FindActionableAsync();
            await LogAsync($"Found {actionable.Count} actionable job(s).");
            if (actionable is [var first, ..])
                await ClaimAndRunAsync(first);
            else
                await Task.Delay(arguments.Interval);
        }
    }

    // The others are not looked at: who loses the first one polls again at once.
    private async Task ClaimAndRunAsync(Dictionary<string, AttributeValue> job)
    {
        var jobId = job["job_id"].S;
        if (job.TextOr("status", "") == "PROCESSING")
            await LogAsync($"Found zombie job {jobId} with expired lock. Re-queueing.");

        if (await table.ClaimAsync(job, _id) is not { } claimed)
        {
            await LogAsync($"Job {jobId} was claimed by another worker in a race condition. Skipping.");
            return;
        }

        await LogAsync($"Successfully claimed job {jobId}. Lock expires at {claimed["lock_expires_at"].S}.");
        var end = await new JobRun(arguments, table, claimed, _id).RunAsync();
        await LogAsync(end);
    }

    private static Task LogAsync(string message) => Console.Error.WriteLineAsync($"{DateTime.UtcNow:yyyy-MM-dd HH:mm:ss,fff} - delphi_poller - INFO - {message}");
}
