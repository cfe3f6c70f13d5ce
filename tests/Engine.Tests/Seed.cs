using System.Globalization;

namespace DelphiRunner.Engine.Tests;

/// <summary>The seed of a fuzz test: another one for each run, printed, and repeated with <c>DELPHI_TEST_SEED</c> in the environment.</summary>
internal static class Seed
{
    public static Random Begin(out int seed)
    {
        seed = Environment.GetEnvironmentVariable("DELPHI_TEST_SEED") is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : Random.Shared.Next();
        TestContext.Out.WriteLine($"DELPHI_TEST_SEED={seed}");
        return new Random(seed);
    }
}
