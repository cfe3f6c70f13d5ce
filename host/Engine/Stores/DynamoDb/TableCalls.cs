using System.Security.Cryptography;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;

namespace DelphiRunner.Engine.Stores.DynamoDb;

/// <summary>What became of the tries of one call.</summary>
internal sealed class Tries
{
    /// <summary>Whether a try ended without an answer, so that it may have been carried out all the same.</summary>
    public bool MayHaveSucceeded { get; set; }
}

/// <summary>Sends requests, each within its limit, and tells every way to fail by its meaning.</summary>
/// <remarks>
/// A failed condition, and the errors that a caller asks for, come through as they are; all others become a <see cref="StoreException"/>.
/// </remarks>
internal sealed class TableCalls(TableClients clients, DynamoDbOptions options, TimeProvider time)
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);

    public string Table => options.Table;

    /// <summary>Looks: one try, but for the one that the SDK may add.</summary>
    public Task<T> LookAsync<T>(Func<IAmazonDynamoDB, CancellationToken, Task<T>> send, CancellationToken cancellationToken) =>
        SendAsync(() => clients.Looking, send, options.Limits.Poll, tries: null, cancellationToken);

    /// <summary>Reads a page of the whole table: as patiently as a write where the options ask for it, else as a look.</summary>
    public Task<T> WalkAsync<T>(Func<IAmazonDynamoDB, CancellationToken, Task<T>> send, CancellationToken cancellationToken) =>
        options.WalksPatiently ? WriteAsync(send, new Tries(), cancellationToken) : LookAsync(send, cancellationToken);

    /// <summary>Writes or reads on behalf of a write, again and again within the limit while a later try may succeed.</summary>
    public Task<T> WriteAsync<T>(Func<IAmazonDynamoDB, CancellationToken, Task<T>> send, Tries tries, CancellationToken cancellationToken) =>
        SendAsync(() => clients.Writing, send, options.Limits.Write, tries, cancellationToken);

    /// <inheritdoc cref="WriteAsync"/>
    public Task<T> ClaimAsync<T>(Func<IAmazonDynamoDB, CancellationToken, Task<T>> send, Tries tries, CancellationToken cancellationToken) =>
        SendAsync(() => clients.Writing, send, options.Limits.Claim, tries, cancellationToken);

    /// <inheritdoc cref="WriteAsync"/>
    public Task<T> RenewAsync<T>(Func<IAmazonDynamoDB, CancellationToken, Task<T>> send, Tries tries, CancellationToken cancellationToken) =>
        SendAsync(() => clients.Renewing, send, options.Limits.Renewal, tries, cancellationToken);

    /// <summary>What to throw for an error that came through, once the caller can do nothing about it.</summary>
    public StoreException Failed(Exception exception) => TableFailure.ToStoreException(exception, options);

    private async Task<T> SendAsync<T>(
        Func<IAmazonDynamoDB> client, Func<IAmazonDynamoDB, CancellationToken, Task<T>> send, TimeSpan atMost, Tries? tries, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var limit = new CancellationTokenSource(atMost, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var wait = FirstWait;
        while (true)
        {
            try
            {
                return await TryAsync(client, send, tries is not null, both.Token);
            }
            catch (Exception exception) when (TableFailure.IsOfSdk(exception) && !IsForCaller(exception))
            {
                var isUncertain = TableFailure.IsUncertain(exception);
                if (tries is not null)
                {
                    tries.MayHaveSucceeded |= isUncertain;
                }

                cancellationToken.ThrowIfCancellationRequested();
                if (tries is null || limit.IsCancellationRequested || !(isUncertain || TableFailure.IsThrottling(exception)))
                {
                    throw TableFailure.ToStoreException(exception, options);
                }

                if (!await WaitAsync(wait, both.Token))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    throw TableFailure.ToStoreException(exception, options);
                }
            }

            wait = TimeSpan.FromTicks(Math.Min(wait.Ticks * 2, LongestWait.Ticks));
        }
    }

    private async Task<T> TryAsync<T>(
        Func<IAmazonDynamoDB> client, Func<IAmazonDynamoDB, CancellationToken, Task<T>> send, bool hasFurtherTries, CancellationToken token)
    {
        if (!hasFurtherTries)
        {
            return await send(client(), token);
        }

        using var limit = new CancellationTokenSource(options.Limits.Try, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, token);
        return await send(client(), both.Token);
    }

    /// <summary>Waits between half of the time and all of it, so that hosts that were throttled together do not come back together.</summary>
    private async Task<bool> WaitAsync(TimeSpan wait, CancellationToken token)
    {
        try
        {
            await Task.Delay(wait * (RandomNumberGenerator.GetInt32(50, 100) / 100.0), time, token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static bool IsForCaller(Exception exception) =>
        exception is ConditionalCheckFailedException || TableFailure.IsTooLarge(exception) || TableFailure.IsWrongOperand(exception);
}
