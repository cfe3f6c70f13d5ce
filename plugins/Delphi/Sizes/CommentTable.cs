using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using DelphiRunner.Plugins.Delphi.Settings;
using Npgsql;
using NpgsqlTypes;

namespace DelphiRunner.Plugins.Delphi.Sizes;

/// <summary>Counts comments in PostgreSQL, over one connection that is kept for a minute. Not thread-safe.</summary>
[SuppressMessage("Design", "CA1001", Justification = "It lives as long as the process.")]
internal sealed class CommentTable(DatabaseSettings database, TimeSpan limit)
{
    // The driver is asked to give up first; who waits does so a little later whatever the driver does.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private NpgsqlDataSource? _source;

    /// <exception cref="CommentCountException">The database cannot be reached, refused, or did not answer in time.</exception>
    /// <exception cref="OperationCanceledException">Nobody waits for the answer any more.</exception>
    public async Task<long> CountAsync(long conversation, CancellationToken answerToken)
    {
        var source = _source ??= Open();
        var query = CountAsync(source, conversation, limit, answerToken);
        try
        {
            return await query.WaitAsync(limit + Grace, answerToken);
        }
        catch (NpgsqlException exception)
        {
            throw Failure(Reason(exception), exception);
        }
        catch (OperationCanceledException exception) when (!answerToken.IsCancellationRequested)
        {
            throw NoAnswer(exception);
        }
        catch (Exception exception) when (!query.IsCompleted)
        {
            GiveUp(source, query);
            answerToken.ThrowIfCancellationRequested();
            throw NoAnswer(exception);
        }
    }

    private static async Task<long> CountAsync(NpgsqlDataSource source, long conversation, TimeSpan limit, CancellationToken answerToken)
    {
        using var timeout = new CancellationTokenSource(limit);
        using var queryToken = CancellationTokenSource.CreateLinkedTokenSource(answerToken, timeout.Token);
        try
        {
            return await CountOnceAsync(source, conversation, queryToken.Token);
        }
        catch (NpgsqlException exception) when (exception.IsTransient)
        {
            // A kept connection may have been cut since its last use; the second try makes a new one.
            return await CountOnceAsync(source, conversation, queryToken.Token);
        }
    }

    private static async Task<long> CountOnceAsync(NpgsqlDataSource source, long conversation, CancellationToken queryToken)
    {
        await using var command = source.CreateCommand("SELECT COUNT(*) FROM comments WHERE zid = @zid");
        command.Parameters.AddWithValue("zid", NpgsqlDbType.Bigint, conversation);
        return (long)(await command.ExecuteScalarAsync(queryToken))!; // A count is never null.
    }

    private static string Reason(NpgsqlException exception) => exception switch
    {
        PostgresException refused => $"{refused.MessageText} ({refused.SqlState})",
        { InnerException: { } inner } => $"{exception.Message}: {inner.Message}",
        _ => exception.Message,
    };

    private NpgsqlDataSource Open()
    {
        var builder = new NpgsqlSlimDataSourceBuilder(database.ConnectionString);
        var options = builder.ConnectionStringBuilder;
        options.ApplicationName = "delphi-runner";
        options.MaxPoolSize = 1;
        options.ConnectionIdleLifetime = 60;
        // The limits of the driver are whole seconds; what ends a question is the token.
        options.Timeout = options.CommandTimeout = (int)Math.Ceiling(limit.TotalSeconds) + 1;
        options.CancellationTimeout = -1;
        builder.EnableTransportSecurity();
        // Counting needs none of the types that a database defines itself.
        builder.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        return builder.Build();
    }

    /// <summary>Leaves a question to itself, with its connection, so that the next one gets a new one.</summary>
    private void GiveUp(NpgsqlDataSource source, Task query)
    {
        _source = null;
        _ = query.ContinueWith(
            late =>
            {
                _ = late.Exception;
                source.Dispose();
            },
            CancellationToken.None,
            TaskContinuationOptions.None,
            TaskScheduler.Default);
    }

    private CommentCountException NoAnswer(Exception cause) =>
        Failure(string.Create(CultureInfo.InvariantCulture, $"no answer within {limit.TotalSeconds:0.###} s"), cause);

    private CommentCountException Failure(string reason, Exception cause) =>
        new($"The comments of conversations cannot be counted in the database {database.Address}: {reason}.", cause);
}
