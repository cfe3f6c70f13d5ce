using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using DelphiRunner.Contracts;
using DelphiRunner.Plugins.Delphi.Settings;

namespace DelphiRunner.Plugins.Delphi.Sizes;

/// <summary>Tells the size of jobs of every type by the comments of their conversation, as the Python poller does. Thread-safe.</summary>
[SuppressMessage("Design", "CA1001", Justification = "It lives as long as the process.")]
internal sealed class ConversationSizes(DatabaseSettings database, SizeSettings settings, TimeProvider time)
{
    /// <summary>How long the database is left alone after it failed.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    /// <summary>The most conversations whose comments are remembered.</summary>
    public const int MostKept = 10_000;

    // The handlers of the plugin are constructed one by one, and are to share one connection and what was counted.
    private static readonly ConcurrentDictionary<(string Connection, SizeSettings Settings), ConversationSizes> Shared = new();

    private readonly CommentTable _table = new(database, settings.Timeout);
    private readonly SemaphoreSlim _turn = new(1);
    private readonly ConcurrentDictionary<long, Counted> _counted = new();
    private (CommentCountException Failure, long At)? _failed;

    /// <summary>Gives what all handlers with the same settings share.</summary>
    public static ConversationSizes For(DelphiSettings settings) => Shared.GetOrAdd(
        (settings.Database.ConnectionString ?? settings.Database.Problem ?? "", settings.Sizes),
        _ => new ConversationSizes(settings.Database, settings.Sizes, TimeProvider.System));

    /// <summary>Tells the size of a job. Without a database, or for a conversation that is no number, it is normal.</summary>
    /// <exception cref="CommentCountException">The database failed, now or within the last half minute.</exception>
    public async Task<JobSize> SizeAsync(Job job, CancellationToken answerToken)
    {
        // Conversations are counted with 32 bits, so that a larger number is none.
        if (!database.IsConfigured || !int.TryParse(job.ConversationId, NumberStyles.None, CultureInfo.InvariantCulture, out var conversation))
        {
            return JobSize.Normal;
        }

        if (database.Problem is { } problem)
        {
            throw new CommentCountException($"The comments of conversations cannot be counted: {problem}");
        }

        var comments = Find(conversation) ?? await CountAsync(conversation, answerToken);
        return comments > settings.LargeAbove ? JobSize.Large : JobSize.Normal;
    }

    private long? Find(int conversation) =>
        _counted.TryGetValue(conversation, out var counted) && time.GetElapsedTime(counted.At) < settings.Keep ? counted.Comments : null;

    private async Task<long> CountAsync(int conversation, CancellationToken answerToken)
    {
        await _turn.WaitAsync(answerToken);
        try
        {
            if (Find(conversation) is { } comments)
            {
                return comments;
            }

            if (_failed is { } failed && time.GetElapsedTime(failed.At) < Pause)
            {
                throw new CommentCountException(failed.Failure.Message, failed.Failure);
            }

            return Keep(conversation, await _table.CountAsync(conversation, answerToken));
        }
        catch (CommentCountException failure) when (failure.InnerException is not CommentCountException)
        {
            _failed = (failure, time.GetTimestamp());
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    private long Keep(int conversation, long comments)
    {
        if (_counted.Count >= MostKept)
        {
            ForgetOld();
        }

        _counted[conversation] = new Counted(comments, time.GetTimestamp());
        return comments;
    }

    private void ForgetOld()
    {
        foreach (var (conversation, _) in _counted.Where(pair => time.GetElapsedTime(pair.Value.At) >= settings.Keep))
        {
            _counted.TryRemove(conversation, out _);
        }

        // All of them are fresh: the half that was counted first goes.
        if (_counted.Count >= MostKept)
        {
            foreach (var (conversation, _) in _counted.OrderBy(pair => pair.Value.At).Take(MostKept / 2).ToList())
            {
                _counted.TryRemove(conversation, out _);
            }
        }
    }

    private readonly record struct Counted(long Comments, long At);
}
