using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Sqlite;
using DelphiRunner.Runner.Configuration;

namespace DelphiRunner.Runner;

/// <summary>Makes the store that the configuration names.</summary>
internal static class StoreFactory
{
    /// <summary>Finds out whether this build has a store of the configured kind; opens nothing.</summary>
    /// <exception cref="ConfigurationException">It has none.</exception>
    public static void Check(RunnerConfiguration configuration)
    {
        const string Key = "store.kind";
        if (configuration.Store.Kind != StoreKind.Sqlite)
            throw new ConfigurationException(
                configuration.Places.GetValueOrDefault(Key) ?? new ConfigurationPlace(configuration.File), Key,
                "This build has no DynamoDB store yet. Use 'sqlite' with a path.");
    }

    /// <summary>Makes the store, which is opened, and created where it is missing, by its first call; the caller disposes it.</summary>
    /// <exception cref="ConfigurationException">This build has no store of that kind.</exception>
    public static Task<IJobStore> OpenAsync(RunnerConfiguration configuration, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Check(configuration);
        return Task.FromResult<IJobStore>(new SqliteJobStore(configuration.Store.Path!, TimeProvider.System)); // A loaded configuration has a SQLite store's path.
    }
}
