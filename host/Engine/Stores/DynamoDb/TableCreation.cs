using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;

namespace DelphiRunner.Engine.Stores.DynamoDb;

/// <summary>Creates the table where it is missing, and waits until it and its indexes can be used.</summary>
internal sealed class TableCreation(TableProbes probes, TableCalls calls, DynamoDbOptions options, TimeProvider time)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <returns>Whether it was created by this call.</returns>
    /// <exception cref="StoreException">It may not be created, or is not ready within the limit.</exception>
    public async Task<bool> RunAsync(IProgress<string> progress, CancellationToken cancellationToken)
    {
        var isCreated = !await ExistsAsync(cancellationToken) && await CreateAsync(progress, cancellationToken);
        await WaitAsync(progress, cancellationToken);
        return isCreated;
    }

    private async Task<bool> ExistsAsync(CancellationToken cancellationToken)
    {
        var (probe, _) = await probes.DescribeAsync(cancellationToken);
        if (probe.State == ProbeState.Refused)
        {
            probe = await probes.ReadAsync(cancellationToken);
        }

        return probe.State == ProbeState.Allowed;
    }

    private async Task<bool> CreateAsync(IProgress<string> progress, CancellationToken cancellationToken)
    {
        progress.Report($"Creating table '{options.Table}'.");
        try
        {
            await calls.WriteAsync(
                (client, token) => client.CreateTableAsync(TableDefinition.RequestFor(options.Table), token), new Tries(), cancellationToken);
            return true;
        }
        catch (StoreException failure) when (failure.InnerException is ResourceInUseException)
        {
            // Somebody else creates it at this moment, or an earlier try of ours had no answer.
            return false;
        }
        catch (StoreException failure) when (TableFailure.IsRefused(failure.InnerException))
        {
            throw new StoreException(
                $"Table '{options.Table}' may not be created with these credentials: {failure.InnerException?.Message} The role of an existing deployment may read and "
                + "write rows, but not create tables: run 'store init' once with an administrator's credentials, or create it as the deployment does.",
                failure);
        }
    }

    private async Task WaitAsync(IProgress<string> progress, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        var told = "";
        while (await UnreadyAsync(cancellationToken) is { } unready)
        {
            if (time.GetElapsedTime(since) >= Limit)
            {
                throw new StoreException(
                    $"Table '{options.Table}' is not ready after {Limit.TotalMinutes:0} minutes: {unready} It goes on by itself; run 'store init' again to wait for it.");
            }

            if (unready != told)
            {
                progress.Report($"Waiting: {unready}");
                told = unready;
            }

            await Task.Delay(Interval, time, cancellationToken);
        }
    }

    /// <summary>What is not ready yet, or null.</summary>
    private async Task<string?> UnreadyAsync(CancellationToken cancellationToken)
    {
        var (probe, description) = await probes.DescribeAsync(cancellationToken);
        if (probe.State == ProbeState.NoTable)
        {
            return "the table does not show yet.";
        }

        return description is null ? await UnreadyByProbesAsync(cancellationToken) : UnreadyBy(description);
    }

    private static string? UnreadyBy(TableDescription description)
    {
        if (description.TableStatus != TableStatus.ACTIVE && description.TableStatus != TableStatus.UPDATING)
        {
            return $"the table is {description.TableStatus}.";
        }

        var indexes = (description.GlobalSecondaryIndexes ?? []).Where(index => index.IndexStatus == IndexStatus.CREATING).Select(index => index.IndexName).ToList();
        return indexes.Count > 0 ? $"the indexes {string.Join(", ", indexes)} are being built." : null;
    }

    /// <summary>The same without the description, which may not be asked for.</summary>
    private async Task<string?> UnreadyByProbesAsync(CancellationToken cancellationToken)
    {
        foreach (var index in TableDefinition.RequestFor(options.Table).GlobalSecondaryIndexes)
        {
            var probe = await probes.QueryAsync(index.IndexName, index.KeySchema[0].AttributeName, cancellationToken);
            if (probe.State == ProbeState.NoTable)
            {
                return "the table does not show yet.";
            }

            if (probe.State == ProbeState.Impossible && probe.Message.Contains("backfill", StringComparison.OrdinalIgnoreCase))
            {
                return $"the index {index.IndexName} is being built.";
            }
        }

        return null;
    }
}
