using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.DynamoDb;
using DelphiRunner.Engine.Stores.Sqlite;
using DelphiRunner.Engine.Stores.Upkeep;
using DelphiRunner.Runner.Configuration;

namespace DelphiRunner.Runner;

/// <summary>Makes the store that the configuration names.</summary>
internal static class StoreFactory
{
    /// <summary>Makes the store, which is opened by its first call (and, if it is a file, created where it is missing); the caller disposes it.</summary>
    /// <exception cref="StoreException">The endpoint is no URL, or the table no name of one.</exception>
    public static Task<IJobStore> OpenAsync(RunnerConfiguration configuration, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult<IJobStore>(
            configuration.Store.Kind == StoreKind.DynamoDb
                ? new DynamoDbJobStore(DynamoDbOptions.Of(configuration.Store), TimeProvider.System)
                : new SqliteJobStore(configuration.Store.Path!, TimeProvider.System, configuration.State)); // A loaded configuration has a SQLite store's path.
    }

    /// <summary>Makes what looks after the store that the configuration names, which is opened by its first call; the caller disposes it.</summary>
    /// <exception cref="StoreException">The endpoint is no URL, or the table no name of one.</exception>
    public static IStoreUpkeep UpkeepOf(RunnerConfiguration configuration) => UpkeepOf(configuration.Store, configuration.State);

    /// <summary>Makes what looks after a store, which is opened by its first call; the caller disposes it.</summary>
    /// <param name="store">The store.</param>
    /// <param name="state">The state folder, which is made for its owner alone if it is made for the store; null when the store is no host's.</param>
    /// <exception cref="StoreException">The endpoint is no URL, or the table no name of one.</exception>
    public static IStoreUpkeep UpkeepOf(StoreOptions store, string? state = null) =>
        store.Kind == StoreKind.DynamoDb
            ? new DynamoDbUpkeep(DynamoDbUpkeep.Patient(DynamoDbOptions.Of(store)), TimeProvider.System)
            : new SqliteUpkeep(store.Path!, state); // As above; a store that is named on the command line has its path, too.
}
