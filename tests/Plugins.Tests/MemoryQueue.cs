using DelphiRunner.Contracts;

namespace DelphiRunner.Plugins.Tests;

/// <summary>A queue in memory that keeps the promises of its interface.</summary>
internal sealed class MemoryQueue : IJobQueue
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Job> _jobs = new(StringComparer.Ordinal);

    public IReadOnlyList<NewJob> Created { get; private set; } = [];

    public Exception? Failure { get; set; }

    public void Put(Job job)
    {
        lock (_lock)
        {
            _jobs[job.Id] = job;
        }
    }

    public Task<Job?> GetAsync(string jobId, CancellationToken jobToken) => InLock(() => _jobs.GetValueOrDefault(jobId));

    public Task<IReadOnlyList<Job>> FindChildrenAsync(Job parent, string attribute, CancellationToken jobToken) => InLock<IReadOnlyList<Job>>(() =>
        [.. _jobs.Values.Where(job => job.ConversationId == parent.ConversationId && job.GetText(attribute) == parent.Id).OrderBy(job => job.CreatedAt)]);

    public Task<bool> CreateIfAbsentAsync(NewJob job, CancellationToken jobToken) => InLock(() =>
    {
        var isNew = _jobs.TryAdd(job.Id, new Job
        {
            Id = job.Id,
            Type = job.Type,
            Status = "PENDING",
            ConversationId = job.ConversationId,
            ReportId = job.ReportId,
            ConfigJson = job.ConfigJson ?? "{}",
            Attributes = job.Attributes,
        });
        Created = isNew ? [.. Created, job] : Created;
        return isNew;
    });

    private Task<T> InLock<T>(Func<T> read)
    {
        lock (_lock)
        {
            return Failure is { } failure ? Task.FromException<T>(failure) : Task.FromResult(read());
        }
    }
}
