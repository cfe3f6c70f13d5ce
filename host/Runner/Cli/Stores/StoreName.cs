using DelphiRunner.Engine.Stores;
using DelphiRunner.Runner.Configuration;

namespace DelphiRunner.Runner.Cli.Stores;

/// <summary>A store as the command line names it: <c>sqlite:PATH</c>, <c>dynamodb:TABLE[,endpoint=URL][,region=REGION]</c>, or a configuration file.</summary>
internal static class StoreName
{
    public const string Forms = "sqlite:PATH, dynamodb:TABLE[,endpoint=URL][,region=REGION], or the path of a configuration file";

    private const string Sqlite = "sqlite:";
    private const string DynamoDb = "dynamodb:";

    /// <summary>
    /// Reads a name. A table without an endpoint or region takes those of the command line, else of the environment, as a configured one does; a
    /// configuration file is read with the environment, but without the command line.
    /// </summary>
    /// <exception cref="CommandFailure">It is no name of a store.</exception>
    /// <exception cref="ConfigurationException">The file is wrong.</exception>
    public static StoreOptions Read(string option, string name, ConfigurationSources sources)
    {
        if (name.StartsWith(Sqlite, StringComparison.Ordinal))
        {
            return name.Length > Sqlite.Length
                ? new StoreOptions { Kind = StoreKind.Sqlite, Path = Path.GetFullPath(name[Sqlite.Length..], sources.CurrentFolder) }
                : throw Wrong(option, name, "it names no file");
        }

        if (name.StartsWith(DynamoDb, StringComparison.Ordinal))
        {
            return Table(option, name, sources);
        }

        return File.Exists(Path.GetFullPath(name, sources.CurrentFolder)) || Path.GetExtension(name) is ".yaml" or ".yml"
            ? ConfigurationLoader.Load(new ConfigurationSources { File = name, CurrentFolder = sources.CurrentFolder, Environment = sources.Environment }).Store
            : throw Wrong(option, name, "it is none of these, and there is no such file");
    }

    /// <summary>Whether both names lead to one store, which cannot be copied to itself.</summary>
    public static bool AreSame(StoreOptions one, StoreOptions other) =>
        one.Kind == other.Kind
        && one.Path == other.Path
        && Given(one.Endpoint)?.TrimEnd('/') == Given(other.Endpoint)?.TrimEnd('/')
        && Given(one.Region) == Given(other.Region)
        && Given(one.Table) == Given(other.Table);

    private static StoreOptions Table(string option, string name, ConfigurationSources sources)
    {
        var parts = name[DynamoDb.Length..].Split(',', StringSplitOptions.TrimEntries);
        var store = new StoreOptions
        {
            Kind = StoreKind.DynamoDb,
            Table = parts[0].Length > 0 ? parts[0] : throw Wrong(option, name, "it names no table"),
            Endpoint = Given(sources.CommandLine.EndpointUrl) ?? Given(sources.Environment.GetValueOrDefault("DYNAMODB_ENDPOINT")),
            Region = Given(sources.CommandLine.Region) ?? Given(sources.Environment.GetValueOrDefault("AWS_REGION")),
        };
        foreach (var part in parts.Skip(1))
        {
            store = part.Split('=', 2) switch
            {
                ["endpoint", var endpoint] => store with { Endpoint = endpoint },
                ["region", var region] => store with { Region = region },
                _ => throw Wrong(option, name, $"'{part}' is neither endpoint=URL nor region=REGION"),
            };
        }

        return store;
    }

    private static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    private static CommandFailure Wrong(string option, string name, string reason) =>
        new(ExitCodes.Usage, $"{option} is '{name}': {reason}. Give {Forms}.");
}
