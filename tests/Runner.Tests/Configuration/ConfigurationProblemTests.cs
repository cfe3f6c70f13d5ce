using DelphiRunner.Runner.Configuration;

namespace DelphiRunner.Runner.Tests.Configuration;

public sealed class ConfigurationProblemTests
{
    private const string Hash = "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a";

    // The text stands in line 3 and below, behind the shortest file that is right.
    [TestCase("slotz: 2", 3, 1, "slotz", "There is no key 'slotz' here. Did you mean 'slots'?")]
    [TestCase("job-types: {}", 3, 1, "job-types", "Did you mean 'job_types'?")]
    [TestCase("sandbox: auto", 3, 1, "sandbox", "Known here: store, state, slots")]
    [TestCase("polling:\n  intervall: 2s", 4, 3, "polling.intervall", "Did you mean 'interval'?")]
    [TestCase("job_types:\n  A: { time_limt: 2h }", 4, 8, "job_types.A.time_limt", "Did you mean 'time_limit'?")]
    [TestCase("job_types:\n  A:\n    stop: { singal: TERM }", 5, 13, "job_types.A.stop.singal", "Did you mean 'signal'?")]
    [TestCase("slots: 2\nslots: 3", 4, 1, "slots", "stands twice; first in line 3")]
    [TestCase("job_types:\n  A: {}\n  A: {}", 5, 3, "job_types.A", "stands twice; first in line 4")]
    [TestCase("slots:", 3, 7, "slots", "a whole number from 1 to 1024, and has nothing")]
    [TestCase("slots: four", 3, 8, "slots", "and has the text 'four'")]
    [TestCase("slots: \"4\"", 3, 8, "slots", "and has the text '4'")]
    [TestCase("slots: 4.5", 3, 8, "slots", "and has the number 4.5")]
    [TestCase("slots: 0", 3, 8, "slots", "0 is outside 1 to 1024")]
    [TestCase("slots: 1025", 3, 8, "slots", "1025 is outside 1 to 1024")]
    [TestCase("slots: [4]", 3, 8, "slots", "and has a list")]
    [TestCase("state: 5", 3, 8, "state", "Quote it if it is meant as text")]
    [TestCase("state: \"\"", 3, 8, "state", "a text that is not empty")]
    [TestCase("polling: 2s", 3, 10, "polling", "a map of keys, and has the text '2s'")]
    [TestCase("polling: { interval: 2 }", 3, 22, "polling.interval", "has the number 2. A duration is a whole number with a unit")]
    [TestCase("polling: { interval: 2 s }", 3, 22, "polling.interval", "500ms, 10s, 5m, 1h or 2d")]
    [TestCase("polling: { interval: 5ms }", 3, 22, "polling.interval", "5ms is outside 10ms to 1h")]
    [TestCase("claims: { length: 9s }", 3, 19, "claims.length", "9s is outside 10s to 1h")]
    [TestCase("claims: { max_attempts: 101 }", 3, 25, "claims.max_attempts", "101 is outside 1 to 100")]
    [TestCase("execution: { time_limit: 31d }", 3, 26, "execution.time_limit", "31d is outside 1s to 30d")]
    [TestCase("execution: { last_lines: 9 }", 3, 26, "execution.last_lines", "9 is outside 10 to 100000")]
    [TestCase("execution: { max_line_bytes: 8192 }", 3, 30, "execution.max_line_bytes", "A size is a whole number with a unit")]
    [TestCase("execution: { max_line_bytes: 2MiB }", 3, 30, "execution.max_line_bytes", "2MiB is outside 256B to 1MiB")]
    [TestCase("execution: { max_spool_bytes: 1KiB }", 3, 31, "execution.max_spool_bytes", "1KiB is outside 64KiB to 1024GiB")]
    [TestCase("execution:\n  levels:\n    ERROR:\n    - fine\n    - '(a'", 7, 7, "execution.levels.ERROR[1]", "'(a' is no regular expression: ")]
    [TestCase("execution: { levels: { INFO: ['(a)\\1'] } }", 3, 31, "execution.levels.INFO[0]", "'(a)\\1' needs backtracking")]
    [TestCase("execution: { levels: { error: [a] } }", 3, 24, "execution.levels.error", "Did you mean 'ERROR'?")]
    [TestCase("serve: []", 3, 8, "serve", "The list is empty")]
    [TestCase("serve: everything", 3, 8, "serve", "'all' or a list of job types, and has the text 'everything'")]
    [TestCase("serve: [A, A]", 3, 12, "serve", "'A' stands twice in the list")]
    [TestCase("serve: [A, 5]", 3, 12, "serve[1]", "and has the number 5")]
    [TestCase("instance: { size: lagre }", 3, 19, "instance.size", "'small' or 'default' or 'large' or 'dev', and has the text 'lagre'")]
    [TestCase("instance: { rule: loose }", 3, 19, "instance.rule", "'strict' or 'large_only', and has the text 'loose'")]
    [TestCase("instance: large", 3, 11, "instance", "a map of keys, and has the text 'large'")]
    [TestCase("unknown_job_types: ignore", 3, 20, "unknown_job_types", "'leave' or 'fail', and has the text 'ignore'")]
    [TestCase("unknown_job_types: fail", 3, 20, "unknown_job_types", "'fail' needs 'known_job_types'")]
    [TestCase("unknown_job_types: fail\nknown_job_types: [A]\nserve: [A, B]", 5, 8, "serve", "'B' is served, but is not in known_job_types")]
    [TestCase("unknown_job_types: fail\nknown_job_types: [A]\njob_types: { B: {} }", 5, 14, "job_types.B", "'B' is not in known_job_types: A.")]
    [TestCase("slots: 2\njob_types: { A: { slots: 3 } }", 4, 26, "job_types.A.slots", "3 is more than the 2 slots of this host")]
    [TestCase("job_types: { A: { stop: { signal: KILL } } }", 3, 35, "job_types.A.stop.signal", "'TERM' or 'INT' or 'HUP' or 'QUIT'")]
    [TestCase("job_types: { A: { stop: { grace: 2h } } }", 3, 34, "job_types.A.stop.grace", "2h is outside 0ms to 1h")]
    [TestCase("retention: { failed_work_folders: 30s }", 3, 35, "retention.failed_work_folders", "30s is outside 1m to 365d")]
    [TestCase("retention: { failed_work_folder: 3d }", 3, 14, "retention.failed_work_folder", "Did you mean 'failed_work_folders'?")]
    [TestCase("job_types: { A: { secrets: KEY } }", 3, 28, "job_types.A.secrets", "It wants a list such as [A, B]")]
    [TestCase("job_types: { A: { secrets: [A-B] } }", 3, 29, "job_types.A.secrets[0]", "'A-B' is no name of an environment variable")]
    [TestCase("job_types: { A: { secrets: [A, { name: A, as: file }] } }", 3, 32, "job_types.A.secrets[1]", "'A' stands twice in the list")]
    [TestCase("job_types: { A: { secrets: [A_FILE, { name: A, as: file }] } }", 3, 37, "job_types.A.secrets[1]", "Two secrets would be told by the variable 'A_FILE'")]
    [TestCase("job_types: { A: { secrets: [{ name: A, as: folder }] } }", 3, 44, "job_types.A.secrets[0].as", "'variable' or 'file', and has the text 'folder'")]
    [TestCase("job_types: { A: { secrets: [{ as: file }] } }", 3, 29, "job_types.A.secrets[0].name", "The key is missing")]
    [TestCase("job_types: { A: { secrets: [{ name: A, path: b }] } }", 3, 40, "job_types.A.secrets[0].path", "There is no key 'path' here")]
    [TestCase("job_types: { A: { sandbox: full } }", 3, 28, "job_types.A.sandbox", "'processes' or 'strict' or 'off'")]
    [TestCase("job_types: { A: { strict: { network: yes } } }", 3, 38, "job_types.A.strict.network", "true or false, and has the text 'yes'")]
    [TestCase("job_types: { A: { strict: { writable: [data] } } }", 3, 39, "job_types.A.strict.writable", "'data' is no absolute path")]
    [TestCase("state: /srv/state\njob_types: { A: { strict: { writable: [/srv, /srv/state/out] } } }", 4, 39, "job_types.A.strict.writable", "'/srv/state/out' lies in the state folder")]
    [TestCase("state: /srv/state\njob_types: { A: { strict: { readable: [/srv/../srv/state, /srv/statements] } } }", 4, 39, "job_types.A.strict.readable", "'/srv/../srv/state' lies in the state folder")]
    [TestCase("job_types: { A: { limits: { memory: 1MiB } } }", 3, 37, "job_types.A.limits.memory", "1MiB is outside 16MiB to")]
    [TestCase("job_types: { A: { limits: { threads: 5 } } }", 3, 29, "job_types.A.limits.threads", "Known here: memory, cpu_time, open_files, processes, file_size")]
    [TestCase("execution: { sandbox: on }", 3, 23, "execution.sandbox", "'auto' or 'required' or 'off'")]
    [TestCase("execution: { nice: 20 }", 3, 20, "execution.nice", "20 is outside 0 to 19")]
    [TestCase("job_types: { A: }", 3, 17, "job_types.A", "a map of keys, and has nothing")]
    [TestCase("security: { environment: { inherit: [\"*\"] } }", 3, 37, "security.environment.inherit", "'*' is no name")]
    [TestCase("security: { environment: { rows_may_set: [\"*\"] } }", 3, 42, "security.environment.rows_may_set", "a * at most as the last")]
    [TestCase("security: { programs: python }", 3, 23, "security.programs", "a list such as [A, B], and has the text 'python'")]
    [TestCase("security: { program_hashes: { python3: abc } }", 3, 40, "security.program_hashes.python3", "It wants a SHA-256: 64 hexadecimal digits")]
    [TestCase("security: { program_hashes: { /a/b: " + Hash + ", /a/../a/b: " + Hash + " } }", 3, 114, "security.program_hashes./a/b", "'/a/b' is named twice")]
    [TestCase("security: { secret_files: { A-B: x } }", 3, 34, "security.secret_files.A-B", "'A-B' is no name")]
    [TestCase("security: { environment: { older_prefixes: yes } }", 3, 44, "security.environment.older_prefixes", "It wants true or false, and has the text 'yes'")]
    [TestCase("claims: { min_free_disk: 5 }", 3, 26, "claims.min_free_disk", "It wants a size")]
    [TestCase("logging: { level: LOUD }", 3, 19, "logging.level", "It wants Trace, Debug, Information (or INFO)")]
    [TestCase("logging: { format: xml }", 3, 20, "logging.format", "'text' or 'json'")]
    [TestCase("slots: &n 4", 3, 8, "slots", "An anchor (&n) is not accepted")]
    [TestCase("slots: *n", 3, 8, "slots", "An alias (*n) is not accepted")]
    [TestCase("state: !!str 5", 3, 8, "state", "A tag (tag:yaml.org,2002:str) is not accepted")]
    [TestCase("? [a]\n: 1", 3, 3, "", "A key is a list. Keys are texts.")]
    public void A_mistake_is_reported_with_line_column_key_and_rule(string text, int line, int column, string key, string message)
    {
        using var folder = new ConfigurationFolder(ConfigurationFolder.Least + text + "\n");

        var problem = folder.Problems()[0];

        using (Assert.EnterMultipleScope())
        {
            Assert.That(problem.Place, Is.EqualTo(new ConfigurationPlace(folder.File, line, column)));
            Assert.That(problem.Key, Is.EqualTo(key));
            Assert.That(problem.Message, Does.Contain(message));
        }
    }

    [TestCase("plugins: { folder: p }", 1, 1, "store", "The key is missing. Add for instance: store: { kind: sqlite")]
    [TestCase("", 1, 1, "store", "The key is missing")]
    [TestCase("# only a comment\n", 1, 1, "store", "The key is missing")]
    [TestCase("store: { kind: sqlite, path: q }\nplugins: {}", 2, 10, "plugins.folder", "The key is missing")]
    [TestCase("store: { kind: redis }\nplugins: { folder: p }", 1, 16, "store.kind", "'sqlite' or 'dynamodb', and has the text 'redis'")]
    [TestCase("store: { kind: sqlite }\nplugins: { folder: p }", 1, 16, "store.kind", "A SQLite store needs the key 'path'")]
    [TestCase("store: { kind: sqlite, path: q, endpoint: u }\nplugins: { folder: p }", 1, 43, "store.endpoint", "A SQLite store has none")]
    [TestCase("store: { kind: sqlite, path: q, region: r }\nplugins: { folder: p }", 1, 41, "store.region", "A SQLite store has none")]
    [TestCase("store: { kind: sqlite, path: q, table: t }\nplugins: { folder: p }", 1, 40, "store.table", "A SQLite store has none")]
    [TestCase("store: { kind: dynamodb, path: q }\nplugins: { folder: p }", 1, 32, "store.path", "A DynamoDB store has no path")]
    [TestCase("store: { kind: dynamodb, table: my jobs }\nplugins: { folder: p }", 1, 33, "store.table", "'my jobs' is no name of a table")]
    [TestCase("store: [\nplugins: {", 2, 1, "", "This is no YAML")]
    [TestCase("- store\n- plugins", 1, 1, "", "The file holds a list. It has to be a map")]
    [TestCase("just text", 1, 1, "", "The file holds the text 'just text'")]
    [TestCase("store: { kind: sqlite, path: q }\nplugins: { folder: p }\n---\nslots: 4", 3, 1, "", "A second document begins here")]
    public void A_file_that_cannot_be_used_at_all_is_reported_with_its_place(string yaml, int line, int column, string key, string message)
    {
        using var folder = new ConfigurationFolder(yaml);

        var problem = folder.Problems()[0];

        using (Assert.EnterMultipleScope())
        {
            Assert.That(problem.Place, Is.EqualTo(new ConfigurationPlace(folder.File, line, column)));
            Assert.That(problem.Key, Is.EqualTo(key));
            Assert.That(problem.Message, Does.Contain(message));
        }
    }

    [Test]
    public void All_problems_of_all_sources_come_together_in_the_order_of_the_file()
    {
        using var folder = new ConfigurationFolder("""
            store: { kind: sqlite, path: q, kind: sqlite }
            slots: many
            plugins:
              folder: p
              on_eror: stop
            claims: { length: 1 }
            """);

        var problems = folder.Problems(["LOG_LEVEL=loud"], new() { Interval = "soon" });

        Assert.That(
            problems.Select(problem => (problem.Place.Line, problem.Key)),
            Is.EqualTo(new (long?, string)[]
            {
                (1, "store.kind"), (2, "slots"), (5, "plugins.on_eror"), (6, "claims.length"), (null, "logging.level"), (null, "polling.interval"),
            }));
    }

    [Test]
    public void A_file_that_is_not_UTF8_is_reported()
    {
        using var folder = new ConfigurationFolder();
        File.WriteAllBytes(folder.File, [0x73, 0x3a, 0x20, 0xff, 0xfe]);

        var problem = folder.Problems().Single();

        Assert.That(problem.Message, Does.Contain("not valid UTF-8"));
    }

    [Test]
    public void A_file_that_nests_without_end_is_reported()
    {
        using var folder = new ConfigurationFolder(ConfigurationFolder.Least + "x: " + new string('[', 500) + new string(']', 500) + "\n");

        var problem = folder.Problems().Single();

        Assert.That(problem.Message, Does.Contain("64 levels deep"));
    }

    [Test]
    public void However_a_file_is_damaged_the_answer_is_a_list_of_problems()
    {
        const string Characters = "[]{}:-?&*!|>'\"%@`,# \n\tab0";
        var random = new Random(20251);
        using var folder = new ConfigurationFolder();
        var whole = File.ReadAllText(RunnerYamlTests.RepositoryFile("runner.yaml"));

        for (var i = 0; i < 3000; i++)
        {
            var text = whole.ToCharArray().ToList();
            for (var edits = random.Next(1, 6); edits > 0; edits--)
            {
                var at = random.Next(text.Count);
                text[at] = Characters[random.Next(Characters.Length)];
                text.Insert(at, Characters[random.Next(Characters.Length)]);
            }

            File.WriteAllText(folder.File, string.Concat(text.Take(random.Next(text.Count + 1))));
            Assert.That(() => folder.Problems(), Throws.Nothing, File.ReadAllText(folder.File));
        }
    }
}
