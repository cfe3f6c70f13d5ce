namespace DelphiRunner.Engine.Stores.Rows;

/// <summary>The version of a row, as its writers count it.</summary>
internal static class RowVersion
{
    /// <summary>The version after this one; 1 where there is none or none that can be read.</summary>
    public static long After(RowValue? version)
    {
        var current = Read(version) ?? 0;
        return current == long.MaxValue ? current : current + 1;
    }

    /// <summary>The stored version as a whole number, or null where there is none.</summary>
    public static long? Read(RowValue? version) =>
        version is { } value ? new JobRow(new Dictionary<string, RowValue> { [JobAttributes.Version] = value }).Whole(JobAttributes.Version) : null;
}
