using System.Globalization;
using DelphiRunner.TestServers.Packages;

namespace DelphiRunner.TestServers.DynamoDb;

/// <summary>How a server is started, and the words by which it says that it answers.</summary>
internal sealed record ServerProgram(string Program, IReadOnlyList<string> Arguments, string Ready)
{
    /// <exception cref="MissingServerException">The server cannot be installed here.</exception>
    public static ServerProgram Of(ServerKind kind, int port) => kind switch
    {
        ServerKind.Dynoxide => Dynoxide(Text(port)),
        ServerKind.Dynalite => Dynalite(Text(port)),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such server."),
    };

    private static ServerProgram Dynoxide(string port)
    {
        var program = NodePackages.Find("@dynoxide", "linux-x64", "dynoxide");
        return File.Exists(program)
            ? new ServerProgram(program, ["serve", "--host", "127.0.0.1", "--port", port], "Dynoxide listening on ")
            : throw new MissingServerException("The server 'dynoxide' is installed for Linux on x64 only. Run these tests there.");
    }

    // Tables are there at once instead of after half a second.
    private static ServerProgram Dynalite(string port) => new(
        ProgramPath.Find("node"),
        [NodePackages.Find("dynalite", "cli.js"), "--host", "127.0.0.1", "--port", port, "--createTableMs", "0", "--deleteTableMs", "0", "--updateTableMs", "0"],
        "Dynalite listening at");

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
