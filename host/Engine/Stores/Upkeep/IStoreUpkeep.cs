using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Stores.Upkeep;

/// <summary>What an operator does with a store as a whole: create it, look it over, and copy its rows. Nothing here is polled.</summary>
/// <remarks>
/// Every member throws <see cref="StoreException"/> when the store cannot be reached, and <see cref="OperationCanceledException"/> for its token.
/// Only <see cref="CreateAsync"/> makes a table or an existing file fit for use, and only it and <see cref="AddRowAsync"/> change anything.
/// </remarks>
internal interface IStoreUpkeep : IAsyncDisposable
{
    /// <summary>A short name for messages, as the store of the jobs has it.</summary>
    string Name { get; }

    /// <summary>Creates the table or file where there is none, and waits until it can be used. What is there stays as it is.</summary>
    /// <returns>True when this call created it; false when it was there, or another process was faster.</returns>
    /// <exception cref="StoreException">Also when it may not be created, or cannot be used within some minutes.</exception>
    Task<bool> CreateAsync(IProgress<string> progress, CancellationToken cancellationToken);

    /// <summary>Finds out what can be done with the store, without changing anything.</summary>
    /// <returns>What was looked at, in a fixed order; when the table or file itself is missing, that alone.</returns>
    Task<IReadOnlyList<StoreCheck>> CheckAsync(CancellationToken cancellationToken);

    /// <summary>Reads every row as it is now, in no order, also those that no index shows. Rows that come or go meanwhile may be among them or not.</summary>
    /// <param name="names">The attributes that the caller needs, others may be left out; null for whole rows.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <exception cref="StoreException">Also when there is no such table or file.</exception>
    IAsyncEnumerable<JobRow> ReadRowsAsync(IReadOnlyCollection<string>? names, CancellationToken cancellationToken);

    /// <summary>Reads the rows of these ids as they are now, by id; ids without a row are left out.</summary>
    Task<IReadOnlyDictionary<string, JobRow>> GetRowsAsync(IReadOnlyCollection<string> jobIds, CancellationToken cancellationToken);

    /// <summary>Stores a row as it is given, unless one of its id is there.</summary>
    /// <returns>False when the id is taken; then nothing has changed.</returns>
    /// <exception cref="InvalidRowException">The store cannot hold the row; the message says why.</exception>
    Task<bool> AddRowAsync(JobRow row, CancellationToken cancellationToken);
}
