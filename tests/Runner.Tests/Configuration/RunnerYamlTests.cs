using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Execution.Containment;
using DelphiRunner.Engine.Plugins;
using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Security;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Runner.Configuration;
using Microsoft.Extensions.Logging;

namespace DelphiRunner.Runner.Tests.Configuration;

public sealed class RunnerYamlTests
{
    [Test]
    public void The_shortest_file_gives_the_documented_defaults()
    {
        using var folder = new ConfigurationFolder();

        var configuration = folder.Load();

        var standard = new ExecutionOptions();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(configuration.File, Is.EqualTo(folder.File));
            Assert.That(configuration.Folder, Is.EqualTo(folder.Folder));
            Assert.That(configuration.Store.Kind, Is.EqualTo(StoreKind.Sqlite));
            Assert.That(configuration.Store.Path, Is.EqualTo(Path.Combine(folder.Folder, "queue.db")));
            Assert.That(configuration.State, Is.EqualTo(Path.Combine(folder.Folder, "state")));
            Assert.That(configuration.Plugins.Folder, Is.EqualTo(Path.Combine(folder.Folder, "plugins")));
            Assert.That(configuration.Plugins.OnError, Is.EqualTo(PluginErrorMode.Quarantine));
            Assert.That(configuration.Serving.Slots, Is.EqualTo(4));
            Assert.That(configuration.Serving.Serve, Is.Null);
            Assert.That(configuration.Serving.UnknownJobTypes, Is.EqualTo(UnknownJobTypes.Leave));
            Assert.That(configuration.Instance, Is.EqualTo(new InstanceOptions()));
            Assert.That(configuration.Instance.TakesAll, Is.True);
            Assert.That(configuration.Polling.Interval, Is.EqualTo(TimeSpan.FromSeconds(2)));
            Assert.That(configuration.Claims, Is.EqualTo(new ClaimOptions()));
            Assert.That(configuration.JobTypes, Is.Empty);
            Assert.That(configuration.Execution with { KeepLines = standard.KeepLines, Levels = standard.Levels }, Is.EqualTo(standard));
            Assert.That(configuration.Execution.KeepLines, Is.EqualTo(standard.KeepLines));
            Assert.That(configuration.Execution.Levels.Error, Is.EqualTo(standard.Levels.Error));
            Assert.That(configuration.Execution.Levels.Warning, Is.EqualTo(standard.Levels.Warning));
            Assert.That(configuration.Execution.Levels.Information, Is.EqualTo(standard.Levels.Information));
            Assert.That(configuration.Retention.FailedWorkFolders, Is.Null);
            Assert.That(configuration.Security.Programs, Is.Null);
            Assert.That(configuration.Security.Environment.Inherit, Is.EqualTo(["PATH", "LANG", "TZ"]));
            Assert.That(configuration.Logging, Is.EqualTo(new LoggingOptions()));
            Assert.That(configuration.Notices, Is.Empty);
        }
    }

    [Test]
    public void Every_key_is_read()
    {
        var configuration = ConfigurationFolder.LoadText("""
            store: { kind: dynamodb, endpoint: "http://127.0.0.1:8000", region: eu-west-1, table: Jobs }
            state: /var/lib/delphi-runner
            slots: 8
            instance: { size: small, rule: large_only }
            polling: { interval: 250ms }
            claims: { length: 1m, max_attempts: 2, min_free_disk: 1GiB }
            serve: [A, B]
            unknown_job_types: fail
            known_job_types: [A, B, C]
            job_types:
              A: { slots: 2, time_limit: 90m, exclusive_by: conversation_id, stop: { signal: INT, grace: 0s }, secrets: [API_KEY, { name: TLS_KEY, as: file }, { name: TOKEN, as: variable }] }
            execution: { time_limit: 2d, last_lines: 10, keep_lines: [Done], levels: { ERROR: ['^E\d'], WARNING: [], INFO: [ok] }, max_line_bytes: 256B, max_spool_bytes: 4GiB }
            retention: { failed_work_folders: 3d }
            security:
              programs: [/usr/bin/python3, tools/run, tool]
              program_hashes: { tools/run: 1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b, python3: 0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a }
              working_folders: [/app, data]
              secret_files: { API_KEY: secrets/key }
              environment: { inherit: [PATH], rows_may_set: [X, BATCH_*], older_prefixes: true }
            plugins:
              folder: /opt/plugins
              on_error: stop
              settings: { Delphi: { app_path: /app } }
              routes: { A: Delphi }
            logging: { level: debug, format: json, file: /var/log/delphi-runner.log }
            """);

        var a = configuration.JobTypes["A"];
        var levels = new LevelOptions();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(configuration.Store, Is.EqualTo(
                new StoreOptions { Kind = StoreKind.DynamoDb, Endpoint = "http://127.0.0.1:8000", Region = "eu-west-1", Table = "Jobs" }));
            Assert.That(configuration.State, Is.EqualTo("/var/lib/delphi-runner"));
            Assert.That(configuration.Serving.Slots, Is.EqualTo(8));
            Assert.That(configuration.Serving.Serve, Is.EquivalentTo(["A", "B"]));
            Assert.That(configuration.Serving.UnknownJobTypes, Is.EqualTo(UnknownJobTypes.Fail));
            Assert.That(configuration.Serving.KnownJobTypes, Is.EquivalentTo(["A", "B", "C"]));
            Assert.That(configuration.Instance, Is.EqualTo(new InstanceOptions { Size = "small", Rule = InstanceRule.LargeOnly }));
            Assert.That(configuration.Polling.Interval, Is.EqualTo(TimeSpan.FromMilliseconds(250)));
            Assert.That(configuration.Claims, Is.EqualTo(new ClaimOptions { Length = TimeSpan.FromMinutes(1), MaxAttempts = 2, MinFreeDisk = 1L << 30 }));
            Assert.That(a.Slots, Is.EqualTo(2));
            Assert.That(a.TimeLimit, Is.EqualTo(TimeSpan.FromMinutes(90)));
            Assert.That(a.ExclusiveBy, Is.EqualTo("conversation_id"));
            Assert.That(a.Stop, Is.EqualTo(new StopOptions { Signal = StopSignal.Int, Grace = TimeSpan.Zero }));
            Assert.That(a.Secrets, Is.EqualTo(new SecretGrant[] { new("API_KEY"), new("TLS_KEY", AsFile: true), new("TOKEN") }));
            Assert.That(configuration.Execution with { KeepLines = [], Levels = levels }, Is.EqualTo(
                new ExecutionOptions { TimeLimit = TimeSpan.FromDays(2), LastLines = 10, KeepLines = [], Levels = levels, MaxLineBytes = 256, MaxSpoolBytes = 4L << 30 }));
            Assert.That(configuration.Execution.KeepLines, Is.EqualTo(["Done"]));
            Assert.That(configuration.Execution.Levels.Error, Is.EqualTo(["^E\\d"]));
            Assert.That(configuration.Execution.Levels.Warning, Is.Empty);
            Assert.That(configuration.Execution.Levels.Information, Is.EqualTo(["ok"]));
            Assert.That(configuration.Retention.FailedWorkFolders, Is.EqualTo(TimeSpan.FromDays(3)));
            var run = Path.Combine(Path.GetDirectoryName(configuration.File)!, "tools", "run");
            Assert.That(configuration.Security.Programs, Is.EqualTo(["/usr/bin/python3", run, "tool"]));
            Assert.That(configuration.Security.ProgramHashes[run], Is.EqualTo(string.Concat(Enumerable.Repeat("1b", 32))));
            Assert.That(configuration.Places, Does.ContainKey($"security.program_hashes.{run}"));
            Assert.That(configuration.Security.ProgramHashes["python3"], Is.EqualTo(string.Concat(Enumerable.Repeat("0a", 32))));
            Assert.That(configuration.Security.WorkingFolders, Is.EqualTo(["/app", Path.Combine(Path.GetDirectoryName(configuration.File)!, "data")]));
            Assert.That(configuration.Security.SecretFiles["API_KEY"], Is.EqualTo(Path.Combine(Path.GetDirectoryName(configuration.File)!, "secrets", "key")));
            Assert.That(configuration.Security.Environment.OlderPrefixes, Is.True);
            Assert.That(configuration.Security.Environment.Inherit, Is.EqualTo(["PATH"]));
            Assert.That(configuration.Security.Environment.RowsMaySet, Is.EqualTo(["X", "BATCH_*"]));
            Assert.That(configuration.Plugins.Folder, Is.EqualTo("/opt/plugins"));
            Assert.That(configuration.Plugins.OnError, Is.EqualTo(PluginErrorMode.Stop));
            Assert.That(configuration.Plugins.Settings["Delphi"], Is.EqualTo("""{"app_path":"/app"}"""));
            Assert.That(configuration.Plugins.Routes["A"], Is.EqualTo("Delphi"));
            Assert.That(configuration.Logging, Is.EqualTo(
                new LoggingOptions { Level = LogLevel.Debug, Format = LogFormat.Json, File = "/var/log/delphi-runner.log" }));
        }
    }

    [Test]
    public void A_job_type_says_how_its_commands_are_confined()
    {
        var configuration = ConfigurationFolder.LoadText(ConfigurationFolder.Least + """
            execution: { sandbox: required, nice: 0 }
            job_types:
              A:
                sandbox: strict
                strict: { writable: [/data], readable: [/tmp/in], private_size: 1GiB, network: true }
                user: nobody
                limits: { memory: 512MiB, cpu_time: 1h, open_files: 256, processes: 64, file_size: 1GiB }
              B: { sandbox: off }
            """);

        var a = configuration.JobTypes["A"].Confinement;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(configuration.Execution.Sandbox, Is.EqualTo(SandboxMode.Required));
            Assert.That(configuration.Execution.Nice, Is.Zero);
            Assert.That(a.Sandbox, Is.EqualTo(SandboxProfile.Strict));
            Assert.That(a.Strict.Writable, Is.EqualTo(["/data"]));
            Assert.That(a.Strict.Readable, Is.EqualTo(["/tmp/in"]));
            Assert.That(a.Strict.PrivateBytes, Is.EqualTo(1L << 30));
            Assert.That(a.Strict.Network, Is.True);
            Assert.That(a.User, Is.EqualTo("nobody"));
            Assert.That(a.Limits, Is.EqualTo(
                new LimitOptions { MemoryBytes = 512L << 20, CpuTime = TimeSpan.FromHours(1), OpenFiles = 256, Processes = 64, FileSizeBytes = 1L << 30 }));
            Assert.That(configuration.JobTypes["B"].Confinement.Sandbox, Is.EqualTo(SandboxProfile.Off));
        }
    }

    [Test]
    public void An_empty_list_of_programs_denies_all_instead_of_allowing_the_named_ones()
    {
        var configuration = ConfigurationFolder.LoadText(ConfigurationFolder.Least + "security: { programs: [] }\n");

        Assert.That(configuration.Security.Programs, Is.Not.Null.And.Empty);
    }

    [Test]
    public void The_shipped_file_loads_and_serves_the_sample()
    {
        var file = RepositoryFile("runner.yaml");

        var configuration = ConfigurationLoader.Load(new ConfigurationSources
        {
            File = file,
            CurrentFolder = Path.GetTempPath(),
            Environment = new Dictionary<string, string>(),
        });

        using (Assert.EnterMultipleScope())
        {
            Assert.That(configuration.Plugins.Folder, Is.EqualTo(Path.Combine(Path.GetDirectoryName(file)!, "artifacts", "plugins")));
            Assert.That(configuration.JobTypes["FULL_PIPELINE"].ExclusiveBy, Is.EqualTo("conversation_id"));
            Assert.That(configuration.Serving.KnownJobTypes, Has.Count.EqualTo(5));
            Assert.That(configuration.Plugins.Settings["Delphi"], Does.Contain("delphi-sample.dll"));
        }
    }

    internal static string RepositoryFile(string name)
    {
        var folder = new DirectoryInfo(TestContext.CurrentContext.TestDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "DelphiRunner.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        }

        return Path.Combine(folder.FullName, name);
    }
}
