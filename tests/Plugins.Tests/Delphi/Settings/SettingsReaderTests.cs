using DelphiRunner.Contracts;
using DelphiRunner.Plugins.Delphi.Settings;

namespace DelphiRunner.Plugins.Tests.Delphi.Settings;

public sealed class SettingsReaderTests
{
    [Test]
    public void Without_settings_the_scripts_of_the_container_image_are_run()
    {
        var settings = Read("{}");

        Assert.That(settings.AppPath, Is.EqualTo("/app"));
        Assert.That(settings.Commands.FullPipeline, Is.EqualTo(new[] { "python", "/app/run_delphi.py" }));
        Assert.That(settings.Commands.CreateNarrativeBatch, Is.EqualTo(new[] { "python", "/app/umap_narrative/801_narrative_report_batch.py" }));
        Assert.That(settings.Commands.CheckNarrativeBatch, Is.EqualTo(new[] { "python", "/app/umap_narrative/803_check_batch_status.py" }));
        Assert.That(settings.Model, Is.Null);
        Assert.That(settings.S3Endpoint, Is.Null);
        Assert.That(settings.HonorJobModel, Is.False);
        Assert.That(settings.MaxBatchSize, Is.EqualTo(20));
        Assert.That(settings.CheckFailureRetries, Is.EqualTo(3));
        Assert.That(settings.Recheck, Is.EqualTo(new RecheckSettings
        {
            FirstDelay = TimeSpan.FromSeconds(60),
            LongestDelay = TimeSpan.FromMinutes(5),
            Limit = TimeSpan.FromHours(25),
        }));
        Assert.That(settings.Flags.FullPipeline, Is.EquivalentTo(KnownNames.FullPipelineFlags));
        Assert.That(settings.Environment, Is.Empty);
        Assert.That(settings.Sizes, Is.EqualTo(
            new SizeSettings { LargeAbove = 5000, Keep = TimeSpan.FromMinutes(10), Timeout = TimeSpan.FromSeconds(5) }));
        Assert.That(settings.Database.IsConfigured, Is.False);
    }

    [Test]
    public void Every_key_is_read()
    {
        var settings = Read("""
            { "app_path": "delphi", "bucket": "b", "s3_endpoint": "http://s3:9000/", "model": "m", "honor_job_model": true, "max_batch_size": "7",
              "commands": { "full_pipeline": ["./bin/run", "{app_path}/x", "{config}/y", "{\"a\":1}"] },
              "recheck": { "first_delay": "500ms", "longest_delay": "2s", "limit": "1h" }, "check_failure_retries": 0,
              "flags": { "full_pipeline": [], "create_narrative_batch": ["no-cache"], "check_narrative_batch": [] },
              "child_environment": { "DELPHI_SAMPLE_OUTPUT": "{config}/out", "MATH_ENV": "prod" }, "forward_environment": ["OLLAMA_HOST"],
              "sizes": { "large_above": 10, "keep": "1m", "timeout": "500ms" }, "database": { "host": "db", "name": "n", "user": "u", "ssl_mode": "disable" } }
            """, ("OLLAMA_HOST", "http://ollama:11434"), ("OLLAMA_MODEL", "not named"));

        string[] command = [Path("bin/run"), Path("delphi/x"), $"{MemoryContext.SettingsFolder}/y", "{\"a\":1}"];
        Assert.That(settings.AppPath, Is.EqualTo(Path("delphi")));
        Assert.That(settings.Commands.FullPipeline, Is.EqualTo(command));
        Assert.That((settings.Bucket, settings.S3Endpoint, settings.Model, settings.HonorJobModel, settings.MaxBatchSize, settings.CheckFailureRetries),
            Is.EqualTo(("b", "http://s3:9000", "m", true, 7L, 0)));
        Assert.That(settings.Recheck.FirstDelay, Is.EqualTo(TimeSpan.FromMilliseconds(500)));
        Assert.That(settings.Sizes, Is.EqualTo(
            new SizeSettings { LargeAbove = 10, Keep = TimeSpan.FromMinutes(1), Timeout = TimeSpan.FromMilliseconds(500) }));
        Assert.That(settings.Database.Address, Is.EqualTo("db:5432/n"));
        Assert.That(settings.Flags.FullPipeline, Is.Empty);
        Assert.That(settings.Flags.CreateNarrativeBatch, Is.EqualTo(new[] { "no-cache" }));
        Assert.That(settings.Environment, Is.EquivalentTo(new Dictionary<string, string>
        {
            ["DELPHI_SAMPLE_OUTPUT"] = $"{MemoryContext.SettingsFolder}/out",
            ["MATH_ENV"] = "prod",
            ["OLLAMA_HOST"] = "http://ollama:11434",
        }));
    }

    [TestCase("""{ "modle": "m" }""", "plugins.settings.Delphi.modle is 'm'; there is no such key. Did you mean 'model'?")]
    [TestCase("""{ "zzzzzzzz": 1 }""", "Known are: app_path, ")]
    [TestCase("""{ "recheck": { "first": "1s" } }""", "plugins.settings.Delphi.recheck.first is '1s'")]
    [TestCase("""{ "recheck": 5 }""", "plugins.settings.Delphi.recheck is '5'; it must be a map.")]
    [TestCase("""{ "recheck": { "limit": "soon" } }""", "recheck.limit is 'soon'; it must be a duration such as 500ms, 10s, 5m or 1h")]
    [TestCase("""{ "recheck": { "first_delay": "1h" } }""", "recheck.longest_delay")]
    [TestCase("""{ "max_batch_size": "many" }""", "max_batch_size is 'many'; it must be a whole number from 1 to 100000.")]
    [TestCase("""{ "max_batch_size": 0 }""", "max_batch_size is '0'")]
    [TestCase("""{ "honor_job_model": "perhaps" }""", "honor_job_model is 'perhaps'; it must be true or false.")]
    [TestCase("""{ "commands": { "full_pipeline": [] } }""", "commands.full_pipeline is an empty list")]
    [TestCase("""{ "commands": { "full_pipeline": "python x" } }""", "commands.full_pipeline is 'python x'; it must be a list of texts.")]
    [TestCase("""{ "commands": { "full_pipeline": ["python", ["x"]] } }""", "commands.full_pipeline[1]")]
    [TestCase("""{ "commands": { "full_pipeline": ["{app}/x"] } }""", "{app}; the placeholders are {app_path} and {config}.")]
    [TestCase("""{ "commands": { "pipeline": ["x"] } }""", "commands.pipeline is '[\"x\"]'; there is no such key. Known are: full_pipeline, ")]
    [TestCase("""{ "flags": { "full_pipeline": ["rids"] } }""", "'rids', which is no optional flag of that command. Did you mean 'rid'?")]
    [TestCase("""{ "model": "" }""", "model is ''; it must be a text of at least one character.")]
    [TestCase("""{ "s3_endpoint": "s3.example" }""", "s3_endpoint")]
    [TestCase("""{ "child_environment": { "ANTHROPIC_API_KEY": "sk-1" } }""", "job_types.<TYPE>.secrets")]
    [TestCase("""{ "child_environment": { "DELPHI_JOB_ID": "x" } }""", "'DELPHI_JOB_ID', which is set for each job")]
    [TestCase("""{ "child_environment": { "1BAD": "x" } }""", "'1BAD'")]
    [TestCase("""{ "forward_environment": ["AWS_SECRET_ACCESS_KEY"] }""", "holds a secret")]
    [TestCase("""{ "model": "a", "model": "b" }""", "not a JSON object")]
    [TestCase("""{ "sizes": { "large_above": -1 } }""", "sizes.large_above is '-1'; it must be a whole number from 0 to 1000000000.")]
    [TestCase("""{ "sizes": { "timeout": "9s" } }""", "sizes.timeout is '9s'; it must be a duration from 100ms to 8s.")]
    [TestCase("""{ "sizes": { "keep": "2d" } }""", "sizes.keep is '2d'")]
    [TestCase("""{ "sizes": { "large": 5 } }""", "sizes.large is '5'; there is no such key.")]
    [TestCase("""{ "database": { "port": 70000 } }""", "database.port is '70000'; it must be a whole number from 1 to 65535.")]
    [TestCase("""{ "database": { "ssl_mode": "on" } }""", "database.ssl_mode is 'on'; it must be one of disable, allow, prefer, require, verify-ca, verify-full.")]
    [TestCase("""{ "database": { "password_variable": "PW", "password": "x" } }""", "database.password holds a secret, which must not stand here. Put it into the host's environment and remove the key; its variable is PW.")]
    [TestCase("[]", "it must be a map")]
    public void What_is_wrong_is_named_with_its_key_its_value_and_its_rule(string json, string said)
    {
        Assert.That(() => Read(json), Throws.InstanceOf<InvalidSettingsException>().With.Message.Contains(said));
    }

    [TestCase("password")]
    [TestCase("url")]
    public void A_database_secret_is_refused_without_being_shown(string key)
    {
        Assert.That(
            () => Read($$"""{ "database": { "{{key}}": "hidden" } }"""),
            Throws.InstanceOf<InvalidSettingsException>().With.Message.Contains($"database.{key} holds a secret").And.Message.Not.Contains("hidden"));
    }

    [Test]
    public void A_secrets_value_is_not_shown()
    {
        Assert.That(
            () => Read("""{ "child_environment": { "ANTHROPIC_API_KEY": "sk-hidden" } }"""),
            Throws.InstanceOf<InvalidSettingsException>().With.Message.Not.Contains("sk-hidden"));
    }

    [Test]
    public void All_problems_are_reported_together()
    {
        Assert.That(
            () => Read("""{ "modle": "m", "max_batch_size": -1, "honor_job_model": 3 }"""),
            Throws.InstanceOf<InvalidSettingsException>().With.Message.Contains("modle")
                .And.Message.Contains("max_batch_size").And.Message.Contains("honor_job_model"));
    }

    [Test]
    public void The_hosts_own_variables_count_where_the_settings_say_nothing()
    {
        (string, string)[] host =
        [
            ("ANTHROPIC_MODEL", " claude-host "), ("AWS_S3_ENDPOINT", "https://s3"), ("AWS_S3_BUCKET_NAME", "bucket"), ("AWS_REGION", "us-east-1"),
            ("BATCH_SIZE", "9"), ("DYNAMODB_ENDPOINT", " "),
        ];

        var fromHost = Read("{}", host);
        var fromSettings = Read("""{ "model": "m", "s3_endpoint": "https://t", "bucket": "c" }""", host);

        Assert.That((fromHost.Model, fromHost.S3Endpoint, fromHost.Bucket), Is.EqualTo(("claude-host", "https://s3", "bucket")));
        Assert.That(fromHost.Environment, Is.EquivalentTo(new Dictionary<string, string> { ["AWS_REGION"] = "us-east-1" }));
        Assert.That(fromHost.Limits, Is.EquivalentTo(new Dictionary<string, string> { ["BATCH_SIZE"] = "9" }));
        Assert.That((fromSettings.Model, fromSettings.S3Endpoint, fromSettings.Bucket), Is.EqualTo(("m", "https://t", "c")));
    }

    [TestCase("500ms", 0.5)]
    [TestCase("10s", 10)]
    [TestCase("5m", 300)]
    [TestCase("1h", 3600)]
    [TestCase("30d", 2592000)]
    public void Durations_have_a_number_and_a_unit(string text, double seconds)
    {
        Assert.That(DurationText.TryParse(text), Is.EqualTo(TimeSpan.FromSeconds(seconds)));
    }

    [TestCase("10")]
    [TestCase("s")]
    [TestCase("-1s")]
    [TestCase("1 s")]
    [TestCase("1s\n")]
    [TestCase("999999999999999d")]
    public void Other_texts_are_no_durations(string text)
    {
        Assert.That(DurationText.TryParse(text), Is.Null);
    }

    private static string Path(string relative) => System.IO.Path.GetFullPath(relative, MemoryContext.SettingsFolder);

    private static DelphiSettings Read(string json, params (string Name, string Value)[] hostVariables)
    {
        var variables = hostVariables.ToDictionary(pair => pair.Name, pair => pair.Value);
        return SettingsReader.Read(new HandlerSettings { Json = json, Folder = MemoryContext.SettingsFolder }, name => variables.GetValueOrDefault(name));
    }
}
