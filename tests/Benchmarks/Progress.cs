namespace DelphiRunner.Benchmarks;

/// <summary>Tells people how far a measure is; standard output carries the result alone.</summary>
internal static class Progress
{
    public static Task TellAsync(FormattableString message) => Console.Error.WriteLineAsync($"  {FormattableString.Invariant(message)}");
}
