namespace DelphiRunner.Plugins.Delphi.Settings;

/// <summary>The database that holds the comments of the conversations. It holds a password, so that no text but its address ever leaves it.</summary>
/// <remarks>No record, whose texts and comparisons would show or use every member.</remarks>
internal sealed class DatabaseSettings
{
    private DatabaseSettings(string address, string? connectionString, string? problem) =>
        (Address, ConnectionString, Problem) = (address, connectionString, problem);

    /// <summary>Where the database is, as messages name it: <c>host:port/name</c>; empty where none is configured.</summary>
    public string Address { get; }

    /// <summary>How to connect, password included; null where <see cref="Problem"/> says why not, and where no database is configured.</summary>
    public string? ConnectionString { get; }

    /// <summary>What is wrong with the environment's part of the settings, or null. It names variables, never their values.</summary>
    /// <remarks>No refusal of the settings: only a host that takes jobs by their size ever looks for a database.</remarks>
    public string? Problem { get; }

    public bool IsConfigured => ConnectionString is not null || Problem is not null;

    public static DatabaseSettings None { get; } = new("", null, null);

    public static DatabaseSettings At(string address, string connectionString) => new(address, connectionString, null);

    public static DatabaseSettings Wrong(string problem) => new("", null, problem);

    public override string ToString() => Address;
}
