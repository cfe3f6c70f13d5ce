using System.Runtime.CompilerServices;
using DelphiRunner.Engine.Stores.Rows;
using DelphiRunner.Engine.Stores.Upkeep;
using Microsoft.Data.Sqlite;

namespace DelphiRunner.Engine.Stores.Sqlite;

/// <summary>Creates, looks over and copies the database file of a queue.</summary>
internal sealed class SqliteUpkeep : IStoreUpkeep
{
    private const int PageSize = 200;

    private readonly SqliteFile _file;
    private readonly WriteQueue _writes;
    private readonly ReadPool _reads;

    /// <param name="path">The database file, absolute or relative to the current folder.</param>
    /// <param name="privateFolder">The absolute path of a folder that nobody but its owner may enter, if one is made there for the file; null when there is none.</param>
    public SqliteUpkeep(string path, string? privateFolder = null)
    {
        Name = $"sqlite {path}";
        _file = new SqliteFile(path, privateFolder);
        _writes = new WriteQueue(_file);
        _reads = new ReadPool(_file);
    }

    public string Name { get; }

    public Task<bool> CreateAsync(IProgress<string> progress, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var isNew = !File.Exists(_file.FullPath) || new FileInfo(_file.FullPath).Length == 0;
        try
        {
            using var connection = _file.Open();
            return Task.FromResult(isNew);
        }
        catch (SqliteException failure)
        {
            throw SqliteFailure.Explain(failure, _file.FullPath);
        }
    }

    public Task<IReadOnlyList<StoreCheck>> CheckAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(new FileCheck(_file).Run());
    }

    public async IAsyncEnumerable<JobRow> ReadRowsAsync(
        IReadOnlyCollection<string>? names, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!File.Exists(_file.FullPath))
        {
            throw new StoreException($"There is no database file '{_file.FullPath}'. Correct the path; 'store init' creates a new one.");
        }

        var isLean = names is not null && !names.Contains(JobAttributes.Logs) && !names.Contains(JobAttributes.JobResults);
        var last = 0L;
        IReadOnlyList<JobRow> rows;
        do
        {
            (rows, last) = await _reads.ReadAsync(reads => reads.Page(isLean, last, PageSize), cancellationToken);
            foreach (var row in rows)
            {
                yield return row;
            }
        }
        while (rows.Count == PageSize);
    }

    public Task<IReadOnlyDictionary<string, JobRow>> GetRowsAsync(IReadOnlyCollection<string> jobIds, CancellationToken cancellationToken) =>
        _reads.ReadAsync<IReadOnlyDictionary<string, JobRow>>(
            reads => jobIds.Select(reads.Get).OfType<JobRow>().ToDictionary(row => row.Id, StringComparer.Ordinal), cancellationToken);

    public Task<bool> AddRowAsync(JobRow row, CancellationToken cancellationToken)
    {
        var encoded = new EncodedRow(row);
        return _writes.StoreAsync(writes => writes.Create(encoded), cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _writes.DisposeAsync();
        await _reads.DisposeAsync();
    }
}
