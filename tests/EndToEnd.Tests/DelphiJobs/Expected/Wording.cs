namespace DelphiRunner.EndToEnd.Tests.DelphiJobs.Expected;

/// <summary>Words with which the tables above add to a row.</summary>
internal static class Wording
{
    /// <summary>The command sees the variable.</summary>
    public static RowExpectation With(this RowExpectation row, string name, string value) => row with
    {
        Environment = row.Environment.SetItem(name, value),
        NotInEnvironment = row.NotInEnvironment.Remove(name),
    };

    /// <summary>The command does not see the variables.</summary>
    public static RowExpectation Without(this RowExpectation row, params IEnumerable<string> names) =>
        row with { NotInEnvironment = [.. row.NotInEnvironment, .. names] };

    /// <summary>The log holds the texts.</summary>
    public static RowExpectation Logged(this RowExpectation row, params IEnumerable<string> texts) => row with { Log = [.. row.Log, .. texts] };
}
