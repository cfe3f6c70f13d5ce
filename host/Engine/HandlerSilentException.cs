namespace DelphiRunner.Engine;

/// <summary>A handler did not answer in time. What it throws itself is another matter, also when that is a <see cref="TimeoutException"/>.</summary>
internal sealed class HandlerSilentException(TimeSpan limit) : Exception
{
    public TimeSpan Limit { get; } = limit;
}
