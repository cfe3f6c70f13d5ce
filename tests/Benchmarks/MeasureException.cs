namespace DelphiRunner.Benchmarks;

/// <summary>A measure did not do what it says, so that its figure would be worth nothing.</summary>
internal sealed class MeasureException(string message) : Exception(message);
