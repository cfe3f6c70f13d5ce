using DelphiRunner.Contracts;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine;

/// <summary>The narrow view of the queue that handlers get.</summary>
internal sealed class HandlerQueue(IJobStore store, string createdBy, TimeProvider time) : IJobQueue
{
    public async Task<Job?> GetAsync(string jobId, CancellationToken jobToken)
    {
        try
        {
            return await store.GetAsync(jobId, jobToken) is { } row ? row.ToJob() : null;
        }
        catch (StoreException exception)
        {
            throw new JobQueueException($"Job '{jobId}' could not be read: {exception.Message}", exception);
        }
    }

    public async Task<IReadOnlyList<Job>> FindChildrenAsync(Job parent, string attribute, CancellationToken jobToken)
    {
        var children = new List<Job>();
        try
        {
            // The command may have created one a moment ago.
            var filter = new JobFilter { ConversationId = parent.ConversationId, MustBeCurrent = true, Limit = 1000 };
            do
            {
                var page = await store.ListAsync(filter, jobToken);
                children.AddRange(page.Rows.Where(row => row.Text(attribute) == parent.Id).Select(JobView.ToJob));
                filter = filter with { After = page.Next };
            }
            while (filter.After is not null);
        }
        catch (StoreException exception)
        {
            throw new JobQueueException($"The jobs of '{parent.Id}' could not be listed: {exception.Message}", exception);
        }

        // Listed newest first; the contract gives the oldest first.
        children.Reverse();
        return children;
    }

    public async Task<bool> CreateIfAbsentAsync(NewJob job, CancellationToken jobToken)
    {
        try
        {
            return await store.CreateAsync(NewRow.Of(job, createdBy, time.GetUtcNow()), jobToken);
        }
        catch (StoreException exception)
        {
            throw new JobQueueException($"Job '{job.Id}' could not be created: {exception.Message}", exception);
        }
    }
}
