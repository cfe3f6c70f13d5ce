namespace DelphiRunner.Engine.Tests.Execution.Containment;

/// <summary>Tells <c>.ci/run</c> which tests ran a command on which rung, in the file that it names.</summary>
internal static class RungRecord
{
    private static readonly Lock Gate = new();
    private static readonly string? File = Environment.GetEnvironmentVariable("TEST_RUNG_RECORD");

    public static void Add(string rung)
    {
        if (string.IsNullOrEmpty(File))
            return;
        lock (Gate)
            System.IO.File.AppendAllText(File, $"{rung}\t{TestContext.CurrentContext.Test.FullName}\n");
    }
}
