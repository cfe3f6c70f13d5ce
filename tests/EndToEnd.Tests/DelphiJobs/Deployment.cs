using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Sqlite;

namespace DelphiRunner.EndToEnd.Tests.DelphiJobs;

/// <summary>A Delphi deployment in a fresh folder: its configuration, its queue, and scripts that record how they were started.</summary>
internal sealed class Deployment : IDisposable
{
    /// <summary>The model that the configuration names.</summary>
    public const string Model = "model-of-the-deployment";

    /// <summary>The batch that the submitting script reports, on a line of its output.</summary>
    public const string SubmittedBatch = "msgbatch_01TableOfRows";

    /// <summary>The address of the storage for visualizations.</summary>
    public const string Storage = "http://storage.example:9000";

    /// <summary>A variable of the host that is nobody else's business.</summary>
    public const string HostOnly = "HOST_ONLY";

    private readonly TemporaryFolder _folder = new();

    public Deployment()
    {
        Directory.CreateDirectory(AppPath);
        foreach (var (command, says) in Scripts)
        {
            _folder.Write(ScriptName(command), Script(command, says));
        }

        Configuration = _folder.Write("runner.yaml", Yaml());
    }

    public string AppPath => Path.Combine(_folder.FullPath, "app");

    public string Configuration { get; }

    private string Database => Path.Combine(_folder.FullPath, "queue.db");

    /// <summary>What the scripts print before they end with 0, as the real ones do.</summary>
    private static IReadOnlyList<(DelphiCommand Command, string Says)> Scripts { get; } =
    [
        (
            DelphiCommand.FullPipeline,
            """
            echo "Results stored in DynamoDB and visualizations for conversation ${1#--zid=}"
            echo "Results stored in DynamoDB for conversation ${1#--zid=}"
            """),
        (DelphiCommand.CreateNarrativeBatch, $"echo 'Batch ID: {SubmittedBatch}'"),
        (DelphiCommand.CheckNarrativeBatch, "echo 'Batch is done; reports stored.'"),
    ];

    /// <summary>The host's own environment: what it needs, and what no command may see.</summary>
    private static Dictionary<string, string> HostEnvironment { get; } = new()
    {
        ["AWS_S3_ENDPOINT"] = Storage,
        [HostOnly] = "1",
        ["ANTHROPIC_API_KEY"] = "sk-of-the-host",
        ["AWS_SECRET_ACCESS_KEY"] = "secret-of-the-host",
        ["PYTHONPATH"] = "/host/python",
    };

    /// <summary>Runs <c>delphi-runner</c> with this deployment's configuration.</summary>
    public Task<ProgramEnd> RunAsync(params IEnumerable<string> arguments) =>
        RunnerProgram.RunAsync(_folder.FullPath, HostEnvironment, [.. arguments, "--config", Configuration]);

    /// <summary>Writes a file into the deployment's folder.</summary>
    public string Write(string name, string text) => _folder.Write(name, text);

    /// <summary>Lets a script end with another code from now on.</summary>
    public void LetExit(DelphiCommand command, int code) => _folder.Write(ScriptName(command), Script(command, says: "", code));

    /// <summary>All rows of the queue, as the store has them.</summary>
    public async Task<IReadOnlyList<StoredRow>> ReadRowsAsync()
    {
        await using var store = new SqliteJobStore(Database, TimeProvider.System);
        return [.. (await store.ListAsync(new JobFilter { Limit = 1000 }, CancellationToken.None)).Rows.Select(StoredRow.Of)];
    }

    /// <summary>How a script was started, each time that it was for the job.</summary>
    public IReadOnlyList<RecordedStart> StartsFor(string jobId) =>
    [
        .. from command in Enum.GetValues<DelphiCommand>()
           let file = RecordFile(command)
           where File.Exists(file)
           from line in File.ReadAllLines(file)
           let start = RecordedStart.Read(command, line)
           where start.Environment.GetValueOrDefault("DELPHI_JOB_ID") == jobId
           select start,
    ];

    public void Dispose() => _folder.Dispose();

    private static string ScriptName(DelphiCommand command) => $"{command}.sh";

    private string RecordFile(DelphiCommand command) => Path.Combine(_folder.FullPath, $"{command}.jsonl");

    private string Script(DelphiCommand command, string says, int code = 0) =>
        $"""
        dotnet '{BuiltFiles.Child}' record '{RecordFile(command)}' 0 "$@" || exit 70
        {says}
        exit {code}
        """;

    private string Yaml()
    {
        string Start(DelphiCommand command) => $"[sh, '{Path.Combine(_folder.FullPath, ScriptName(command))}']";
        return $$"""
            store: { kind: sqlite, path: queue.db }
            state: state
            # One at a time, so that the healthy job waits behind the row.
            slots: 1
            polling: { interval: 200ms }
            unknown_job_types: fail
            known_job_types: [FULL_PIPELINE, CREATE_NARRATIVE_BATCH, AWAITING_NARRATIVE_BATCH, NARRATIVE_BATCH, BATCH_STATUS_CHECK]
            job_types:
              FULL_PIPELINE: { slots: 1, time_limit: 4h, exclusive_by: conversation_id }
            plugins:
              folder: '{{BuiltFiles.Plugins}}'
              settings:
                Delphi:
                  app_path: app
                  model: {{Model}}
                  bucket: polis-delphi
                  commands:
                    full_pipeline: {{Start(DelphiCommand.FullPipeline)}}
                    create_narrative_batch: {{Start(DelphiCommand.CreateNarrativeBatch)}}
                    check_narrative_batch: {{Start(DelphiCommand.CheckNarrativeBatch)}}
            logging: { level: Debug }
            """;
    }
}
