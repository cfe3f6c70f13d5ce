namespace DelphiRunner.Contracts;

/// <summary>What a later version of the contracts could bring.</summary>
public static class FutureOutcome
{
    public static JobOutcome Later() => JobOutcome.RecheckAfter(TimeSpan.FromDays(1));
}
