using System.Runtime.Versioning;
using System.Security.Cryptography;
using DelphiRunner.Contracts;
using DelphiRunner.Engine.Security;

namespace DelphiRunner.Engine.Tests.Security;

/// <summary>What an operator lists beyond the programs: their hashes, working folders, files of secrets, and the older prefixes.</summary>
[TestFixture]
[Platform(Exclude = "Win")]
[UnsupportedOSPlatform("windows")]
public sealed class OperatorsListsTests
{
    private const string Secret = "a-secret-of-some-length";

    private string _folder = null!; // Set before each test.

    [SetUp]
    public void Create() => _folder = Directory.CreateTempSubdirectory("delphi-lists-").FullName;

    [TearDown]
    public void Delete() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void A_program_with_the_hash_that_it_should_have_may_run_by_whatever_name_it_is_asked_for()
    {
        var tool = Program("tool");
        var link = Path.Combine(_folder, "link");
        File.CreateSymbolicLink(link, tool);

        var options = Hashed(link, HashOf(tool).ToUpperInvariant());

        Assert.That(Requests.Denial(Requests.For(new JobCommand { Program = tool }), options), Is.Null);
        Assert.That(Requests.Denial(Requests.For(new JobCommand { Program = link }), options), Is.Null);
    }

    [Test]
    public void A_program_that_was_changed_is_denied_with_both_hashes()
    {
        var tool = Program("tool");
        var wanted = HashOf(tool);
        File.AppendAllText(tool, "# and more\n");

        var denial = Requests.Denial(Requests.For(new JobCommand { Program = tool }), Hashed(tool, wanted));

        Assert.That(denial?.Subject, Is.EqualTo(tool));
        Assert.That(denial?.Message, Does.Contain(wanted).And.Contain(HashOf(tool)).And.Contain("security.program_hashes"));
    }

    [Test]
    public void A_program_without_a_hash_is_not_compared()
    {
        var options = Hashed(Program("other"), new string('0', 64));

        Assert.That(Requests.Denial(Requests.For(new JobCommand { Program = Program("tool") }), options), Is.Null);
    }

    [TestCase("no-such-tool")]
    [TestCase("/no/such/tool")]
    [TestCase("no/such/tool")]
    public void A_hash_for_a_program_that_is_not_there_denies_all_and_says_why(string name)
    {
        var denial = Requests.Denial(Requests.For(new JobCommand { Program = Program("tool") }), Hashed(name, new string('0', 64)));

        Assert.That(denial?.Kind, Is.EqualTo(RefusalKind.ProgramHash));
        Assert.That(denial?.Message, Does.Contain($"names '{name}', and there is no such program"));
    }

    [Test]
    public void A_hash_still_counts_when_the_link_that_it_is_for_is_changed_or_removed()
    {
        var (tool, other, link) = (Program("tool"), Program("other"), Path.Combine(_folder, "link"));
        File.CreateSymbolicLink(link, tool);
        var hashes = new ProgramHashes(new Dictionary<string, string> { [link] = HashOf(tool) }, searchPath: null);
        File.AppendAllText(tool, "# changed\n");

        File.Delete(link);
        Assert.That(() => hashes.Check(ProgramPath.Find(tool, null)!), Throws.TypeOf<CommandDeniedException>(), "removed");
        File.CreateSymbolicLink(link, other);
        Assert.That(() => hashes.Check(ProgramPath.Find(tool, null)!), Throws.TypeOf<CommandDeniedException>(), "the program that it led to");
        File.AppendAllText(other, "# another\n");
        Assert.That(() => hashes.Check(ProgramPath.Find(other, null)!), Throws.TypeOf<CommandDeniedException>(), "the program that it leads to");
    }

    [TestCase("allowed", ExpectedResult = true)]
    [TestCase("allowed/below", ExpectedResult = true)]
    [TestCase("allowed-not", ExpectedResult = false)]
    [TestCase("other", ExpectedResult = false)]
    [TestCase("allowed/../other", ExpectedResult = false)]
    [TestCase("allowed/way-out", ExpectedResult = false)]
    [TestCase("way-in", ExpectedResult = true)]
    public bool Only_folders_in_or_below_the_listed_ones_are_worked_in(string folder)
    {
        foreach (var name in new[] { "allowed/below", "allowed-not", "other", "work" })
        {
            Directory.CreateDirectory(Path.Combine(_folder, name));
        }

        Directory.CreateSymbolicLink(Path.Combine(_folder, "allowed/way-out"), Path.Combine(_folder, "other"));
        Directory.CreateSymbolicLink(Path.Combine(_folder, "way-in"), Path.Combine(_folder, "allowed"));
        var options = new SecurityOptions { WorkingFolders = [Path.Combine(_folder, "allowed")] };
        var command = new JobCommand { Program = Program("tool"), WorkingDirectory = Path.Combine(_folder, folder) };

        var denial = Requests.Denial(Requests.For(command) with { WorkFolder = Path.Combine(_folder, "work") }, options);

        Assert.That(denial?.Message, Is.Null.Or.Contains("security.working_folders"));
        return denial is null;
    }

    [TestCase("named", ExpectedResult = true)]
    [TestCase("named/below", ExpectedResult = true)]
    [TestCase("named/below/..", ExpectedResult = true)]
    [TestCase("way-to-named", ExpectedResult = true)]
    [TestCase("named/way-out", ExpectedResult = false)]
    [TestCase("named-not", ExpectedResult = false)]
    [TestCase("other", ExpectedResult = false)]
    [TestCase("", ExpectedResult = false)]
    public bool Without_a_list_only_folders_are_worked_in_that_the_plugin_names(string folder)
    {
        foreach (var name in new[] { "named/below", "named-not", "other", "work" })
        {
            Directory.CreateDirectory(Path.Combine(_folder, name));
        }

        Directory.CreateSymbolicLink(Path.Combine(_folder, "named/way-out"), Path.Combine(_folder, "other"));
        Directory.CreateSymbolicLink(Path.Combine(_folder, "way-to-named"), Path.Combine(_folder, "named"));
        var request = WorkingIn(folder) with { NamedFolders = new HashSet<string> { Path.Combine(_folder, "way-to-named") } };

        var denial = Requests.Denial(request);

        Assert.That(denial?.Message, Is.Null.Or.Contains("is in no folder that the plugin's settings or its handler name"));
        Assert.That(Requests.Denial(request, new SecurityOptions { WorkingFolders = [] }), Is.Not.Null, "the operator's list alone counts");
        return denial is null;
    }

    [TestCase("state", ExpectedResult = false)]
    [TestCase("state/work/another", ExpectedResult = false)]
    [TestCase("way-in", ExpectedResult = false)]
    [TestCase("state/work/own", ExpectedResult = true)]
    [TestCase("state/work/own/below", ExpectedResult = true)]
    [TestCase("state-not", ExpectedResult = true)]
    public bool The_hosts_state_folder_is_never_worked_in_whoever_lists_it(string folder)
    {
        foreach (var name in new[] { "state/work/another", "state/work/own/below", "state-not" })
        {
            Directory.CreateDirectory(Path.Combine(_folder, name));
        }

        Directory.CreateSymbolicLink(Path.Combine(_folder, "way-in"), Path.Combine(_folder, "state"));
        var request = WorkingIn(folder) with { WorkFolder = Path.Combine(_folder, "state/work/own"), NamedFolders = new HashSet<string> { "/", _folder } };
        var listed = new SecurityOptions { WorkingFolders = [_folder, Path.Combine(_folder, "state")] };

        var denials = new[] { Denial(new SecurityOptions()), Denial(listed) };

        Assert.That(denials, Is.All.Null.Or.All.Contains("is in the host's state folder"));
        return denials.All(denial => denial is null);

        string? Denial(SecurityOptions options)
        {
            try
            {
                new CommandPolicy(options, Path.Combine(_folder, "way-in"), new Dictionary<string, string>()).Approve(request, []);
                return null;
            }
            catch (CommandDeniedException denied)
            {
                return denied.Message;
            }
        }
    }

    [Test]
    public void A_link_that_is_changed_after_the_approval_leads_nowhere_else()
    {
        var link = Path.Combine(_folder, "link");
        Directory.CreateDirectory(Path.Combine(_folder, "meant"));
        Directory.CreateSymbolicLink(link, Path.Combine(_folder, "meant"));

        var command = Requests.Approve(WorkingIn("link") with { NamedFolders = new HashSet<string> { _folder } }).Command;

        Assert.That(command.WorkingDirectory, Is.EqualTo(Path.Combine(_folder, "meant")));
    }

    [Test]
    public void The_attempts_own_folder_needs_no_listing()
    {
        var options = new SecurityOptions { WorkingFolders = [] };

        Assert.That(Requests.Denial(Requests.For(new JobCommand { Program = Program("tool") }), options), Is.Null);
        var named = new JobCommand { Program = Program("tool"), WorkingDirectory = Requests.For(new JobCommand { Program = "x" }).WorkFolder };
        Assert.That(Requests.Denial(Requests.For(named), options), Is.Null);
    }

    [Test]
    public void A_secret_comes_from_its_file_before_the_environment_and_is_masked()
    {
        var options = WithSecretFile(Secret + "\n", UnixFileMode.UserRead);
        var request = Requests.For(new JobCommand { Program = Program("tool") }) with { Secrets = [new("KEY")] };

        var (command, refusals) = Requests.Approve(request, options, new Dictionary<string, string> { ["KEY"] = "another one" });

        Assert.That(command.Environment["KEY"], Is.EqualTo(Secret));
        Assert.That(command.Masker.Mask($"it is {Secret}"), Does.Not.Contain(Secret));
        Assert.That(refusals, Is.Empty);
    }

    [Test]
    public void A_secret_as_a_file_keeps_the_line_break_at_its_end_which_a_key_may_need()
    {
        var options = WithSecretFile("line one of a key\nline two of a key\n", UnixFileMode.UserRead);
        var request = Requests.For(new JobCommand { Program = Program("tool") }) with { Secrets = [new("KEY", AsFile: true)] };

        var command = Requests.Approve(request, options).Command;

        Assert.That(command.SecretFiles.Values, Is.EqualTo(["line one of a key\nline two of a key\n"]));
        Assert.That(command.Masker.Mask("line two of a key"), Is.EqualTo("***"));
        Assert.That($"{command} {command.SecretFiles}", Does.Not.Contain("of a key"));
    }

    [TestCase(UnixFileMode.UserRead | UnixFileMode.OtherRead, Secret, "others may read or change")]
    [TestCase(UnixFileMode.UserRead | UnixFileMode.GroupWrite, Secret, "others may read or change")]
    [TestCase(UnixFileMode.UserRead, "\n", "is empty")]
    public void A_file_that_others_may_read_or_that_holds_nothing_gives_no_secret_and_says_why(UnixFileMode mode, string text, string reason)
    {
        var options = WithSecretFile(text, mode);
        var request = Requests.For(new JobCommand { Program = Program("tool") }) with { Secrets = [new("KEY")] };

        var (command, refusals) = Requests.Approve(request, options);

        Assert.That(command.Environment.Keys, Has.No.Member("KEY"));
        Assert.That(refusals.Select(refusal => refusal.Text), Has.One.Items);
        Assert.That(refusals[0].Text, Does.Contain(reason).And.Not.Contain(Secret));
    }

    [Test]
    public void A_missing_file_gives_no_secret_and_says_why()
    {
        var options = new SecurityOptions { SecretFiles = new Dictionary<string, string> { ["KEY"] = Path.Combine(_folder, "none") } };
        var request = Requests.For(new JobCommand { Program = Program("tool") }) with { Secrets = [new("KEY")] };

        Assert.That(Requests.Approve(request, options).Refusals.Select(refusal => refusal.Text), Has.One.Contains("there is no file").And.One.Contains("security.secret_files"));
    }

    [TestCase("AWS_REGION", false, ExpectedResult = false)]
    [TestCase("AWS_REGION", true, ExpectedResult = true)]
    [TestCase("ANTHROPIC_API_KEY", true, ExpectedResult = true)]
    [TestCase("OLLAMA_HOST", true, ExpectedResult = true)]
    [TestCase("MAX_VOTES", true, ExpectedResult = true)]
    [TestCase("PYTHONPATH", true, ExpectedResult = false)]
    [TestCase("DYNAMODB_ENDPOINT", true, ExpectedResult = false)]
    [TestCase("DELPHI_JOB_ID", true, ExpectedResult = false)]
    public bool The_older_prefixes_are_set_by_rows_only_with_the_switch_for_them(string name, bool isOn)
    {
        var options = new SecurityOptions { Environment = new EnvironmentOptions { OlderPrefixes = isOn } };
        var command = new JobCommand { Program = Program("tool"), EnvironmentFromRow = new Dictionary<string, string> { [name] = "of the row" } };
        var request = Requests.For(command) with { HostVariables = new Dictionary<string, string> { ["DELPHI_JOB_ID"] = "job" } };

        return Requests.Approve(request, options).Command.Environment.GetValueOrDefault(name) == "of the row";
    }

    private CommandRequest WorkingIn(string folder) =>
        Requests.For(new JobCommand { Program = Program("tool"), WorkingDirectory = Path.Combine(_folder, folder) }) with { WorkFolder = Path.Combine(_folder, "work") };

    private static SecurityOptions Hashed(string program, string hash) => new() { ProgramHashes = new Dictionary<string, string> { [program] = hash } };

    private static string HashOf(string file) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)));

    private SecurityOptions WithSecretFile(string text, UnixFileMode mode)
    {
        var file = Path.Combine(_folder, "secret");
        File.WriteAllText(file, text);
        File.SetUnixFileMode(file, mode);
        return new SecurityOptions { SecretFiles = new Dictionary<string, string> { ["KEY"] = file } };
    }

    private string Program(string name)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, "#!/bin/sh\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}
