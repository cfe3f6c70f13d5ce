using DelphiRunner.Contracts;

namespace DelphiRunner.Engine.Tests.Polling;

/// <summary>Tells sizes as a test says.</summary>
internal sealed class FixedSizer(Func<Job, CancellationToken, Task<JobSize>> tell) : IJobSizer
{
    public Task<JobSize> SizeAsync(Job job, CancellationToken answerToken) => tell(job, answerToken);
}
