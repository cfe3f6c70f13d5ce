using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Sqlite;

namespace DelphiRunner.EndToEnd.Tests;

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
    private readonly DeploymentOptions _options;

    public Deployment()
        : this(new DeploymentOptions())
    {
    }

    public Deployment(DeploymentOptions options)
    {
        _options = options;
        Directory.CreateDirectory(AppPath);
        LetDo(DelphiCommand.FullPipeline, """
            echo "Results stored in DynamoDB and visualizations for conversation ${1#--zid=}"
            echo "Results stored in DynamoDB for conversation ${1#--zid=}"
            """);
        LetDo(DelphiCommand.CreateNarrativeBatch, $"echo 'Batch ID: {SubmittedBatch}'");
        LetDo(DelphiCommand.CheckNarrativeBatch, "echo 'Batch is done; reports stored.'");
        Configuration = WriteConfiguration("runner.yaml", state: "state");
    }

    public string Folder => _folder.FullPath;

    public string AppPath => Path.Combine(Folder, "app");

    public string Configuration { get; }

    public string Database => Path.Combine(Folder, "queue.db");

    /// <summary>The host's own environment: what it needs, and what no command may see.</summary>
    private static Dictionary<string, string> HostEnvironment { get; } = new()
    {
        ["AWS_S3_ENDPOINT"] = Storage,
        [HostOnly] = "1",
        ["ANTHROPIC_API_KEY"] = "sk-of-the-host",
        ["AWS_SECRET_ACCESS_KEY"] = "secret-of-the-host",
        ["PYTHONPATH"] = "/host/python",
    };

    /// <summary>Runs <c>delphi-runner</c> with this deployment's configuration to its end.</summary>
    public async Task<ProgramEnd> RunAsync(params IEnumerable<string> arguments)
    {
        await using var program = Start(arguments);
        return await program.WaitAsync();
    }

    /// <summary>Starts <c>delphi-runner</c> with this deployment's configuration.</summary>
    public RunnerProgram Start(params IEnumerable<string> arguments) => StartWith(Configuration, arguments);

    /// <summary>Starts <c>delphi-runner</c> with another configuration of this deployment.</summary>
    public RunnerProgram StartWith(string configuration, params IEnumerable<string> arguments) =>
        StartIn(new Dictionary<string, string>(), configuration, arguments);

    /// <summary>Starts <c>delphi-runner</c> with another configuration of this deployment, and with further variables.</summary>
    public RunnerProgram StartIn(IReadOnlyDictionary<string, string> environment, string configuration, params IEnumerable<string> arguments) =>
        RunnerProgram.Start(
            Folder,
            EnvironmentWith(environment),
            [.. arguments, "--config", configuration]);

    /// <summary>Starts <c>delphi-runner</c> by other programs that become it.</summary>
    public RunnerProgram StartBehind(IReadOnlyList<string> prefix, IReadOnlyDictionary<string, string> environment, params IEnumerable<string> arguments) =>
        RunnerProgram.StartBehind(prefix, Folder, EnvironmentWith(environment), [.. arguments, "--config", Configuration]);

    /// <summary>Writes a file into the deployment's folder.</summary>
    public string Write(string name, string text) => _folder.Write(name, text);

    /// <summary>Writes the configuration of a host of this deployment; each host needs a state folder of its own.</summary>
    public string WriteConfiguration(string name, string state) => _folder.Write(name, Yaml(state));

    /// <summary>Lets a script do something else from now on, in the language of <c>sh</c>, after it has recorded how it was started.</summary>
    public void LetDo(DelphiCommand command, string script) => _folder.Write(
        ScriptName(command),
        $"""
        dotnet '{BuiltFiles.Child}' record 0 "$@" >> '{RecordFile(command)}' || exit 70
        {script}
        """);

    /// <summary>All rows of the queue, as the store has them.</summary>
    public async Task<IReadOnlyList<StoredRow>> ReadRowsAsync()
    {
        if (_options.Table is { } table)
        {
            // As the server sends them, not as the engine reads them.
            return [.. (await table.ReadAllAsync()).Select(StoredRow.Of)];
        }

        await using var store = OpenStore();
        var rows = new List<StoredRow>();
        var filter = new JobFilter { Limit = 1000 };
        do
        {
            var page = await store.ListAsync(filter, CancellationToken.None);
            rows.AddRange(page.Rows.Select(StoredRow.Of));
            filter = filter with { After = page.Next };
        }
        while (filter.After is not null);

        return rows;
    }

    public async Task<StoredRow> ReadRowAsync(string jobId) => (await ReadRowsAsync()).Single(row => row.Id == jobId);

    public SqliteJobStore OpenStore() => new(Database, TimeProvider.System);

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

    private string RecordFile(DelphiCommand command) => Path.Combine(Folder, $"{command}.jsonl");

    private string Script(DelphiCommand command) => $"[sh, '{Path.Combine(Folder, ScriptName(command))}']";

    private string Store => _options.Table is { } table
        ? $"{{ kind: dynamodb, endpoint: '{_options.Endpoint ?? table.Endpoint}', region: us-east-1, table: {table.Name} }}"
        : "{ kind: sqlite, path: queue.db }";

    private Dictionary<string, string> EnvironmentWith(IReadOnlyDictionary<string, string> further)
    {
        var environment = HostEnvironment.Concat(further).ToDictionary();
        if (!_options.HasBubblewrap)
        {
            environment["PATH"] = PathWithoutBubblewrap();
        }

        return environment;
    }

    /// <summary>Makes a folder with a link to each program of the machine but bubblewrap.</summary>
    private string PathWithoutBubblewrap()
    {
        var folder = Directory.CreateDirectory(Path.Combine(Folder, "programs")).FullName;
        foreach (var program in Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Where(Directory.Exists).SelectMany(Directory.EnumerateFiles))
        {
            var link = Path.Combine(folder, Path.GetFileName(program));
            if (Path.GetFileName(program) != "bwrap" && !File.Exists(link))
            {
                File.CreateSymbolicLink(link, program);
            }
        }

        return folder;
    }

    private string Yaml(string state) =>
        $$"""
        store: {{Store}}
        state: {{state}}
        slots: {{_options.Slots}}
        polling: { interval: 200ms }
        claims: { length: {{_options.ClaimLength}}, min_free_disk: {{_options.MinFreeDisk}} }
        unknown_job_types: fail
        known_job_types: [FULL_PIPELINE, CREATE_NARRATIVE_BATCH, AWAITING_NARRATIVE_BATCH, NARRATIVE_BATCH, BATCH_STATUS_CHECK]
        job_types:
          FULL_PIPELINE: { slots: {{_options.Slots}}, time_limit: 4h{{(_options.IsExclusive ? ", exclusive_by: conversation_id" : "")}}, secrets: {{_options.Secrets}} }
        execution: { sandbox: {{_options.Sandbox}} }
        plugins:
          folder: '{{_options.Plugins}}'
          settings:
            Delphi:
              app_path: app
              model: {{Model}}
              bucket: polis-delphi
              commands:
                full_pipeline: {{_options.FullPipeline ?? Script(DelphiCommand.FullPipeline)}}
                create_narrative_batch: {{Script(DelphiCommand.CreateNarrativeBatch)}}
                check_narrative_batch: {{Script(DelphiCommand.CheckNarrativeBatch)}}
        logging: { level: Debug }
        """;
}
