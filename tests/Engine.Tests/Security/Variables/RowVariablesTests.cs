using DelphiRunner.Contracts;
using DelphiRunner.Engine.Security;
using DelphiRunner.Engine.Security.Variables;

namespace DelphiRunner.Engine.Tests.Security.Variables;

[TestFixture]
public sealed class RowVariablesTests
{
    private static readonly CommandRequest Request = Requests.For(new JobCommand { Program = "any" });

    [TestCase("MAX_VOTES", null)]
    [TestCase("NARRATIVE_BATCH_SIZE", null)]
    [TestCase("NARRATIVE_BATCH_", null)]
    [TestCase("max_votes", "'security.environment.rows_may_set' does not list it", ExcludePlatform = "Win")]
    [TestCase("MAX_VOTES_X", "'security.environment.rows_may_set' does not list it")]
    [TestCase("1MAX", "a name consists of letters, digits and '_' and begins with no digit")]
    [TestCase("NARRATIVE_BATCH_X Y", "a name consists of letters, digits and '_' and begins with no digit")]
    [TestCase("NARRATIVE_BATCH_\n", "a name consists of letters, digits and '_' and begins with no digit")]
    [TestCase("NARRATIVE_BATCH_Ü", "a name consists of letters, digits and '_' and begins with no digit")]
    [TestCase("", "a name consists of letters, digits and '_' and begins with no digit")]
    [TestCase("NARRATIVE_BATCH_API_KEY", "rows set it only if 'security.environment.rows_may_set' lists it by its exact name")]
    public void A_row_sets_what_the_operator_listed(string name, string? reason)
    {
        var (variables, refusals) = Add(FromRow(name));

        Assert.That(variables.GetValueOrDefault(name), Is.EqualTo(reason is null ? "row" : null));
        Assert.That(refusals, Is.EqualTo(reason is null
            ? Array.Empty<Refusal>()
            : [new Refusal(RefusalKind.EnvironmentName, null), new Refusal(null, $"Left out of the row's environment: '{name.Replace('\n', '?')}' ({reason}).")]));
    }

    [TestCase("LD_PRELOAD")]
    [TestCase("ld_audit")]
    [TestCase("GCONV_PATH")]
    [TestCase("PATH")]
    [TestCase("HOME")]
    [TestCase("ENV")]
    [TestCase("BASH_ENV")]
    [TestCase("PYTHONPATH")]
    [TestCase("PYTHONUSERBASE")]
    [TestCase("NODE_OPTIONS")]
    [TestCase("NODE_PATH")]
    [TestCase("PERL5DB")]
    [TestCase("RUBYLIB")]
    [TestCase("_JAVA_OPTIONS")]
    [TestCase("JDK_JAVA_OPTIONS")]
    [TestCase("JAVA_TOOL_OPTIONS")]
    [TestCase("CLASSPATH")]
    [TestCase("DOTNET_STARTUP_HOOKS")]
    [TestCase("DOTNET_ADDITIONAL_DEPS")]
    [TestCase("CORECLR_PROFILER_PATH_64")]
    [TestCase("COR_PROFILER")]
    [TestCase("GIT_SSH_COMMAND")]
    [TestCase("GIT_EXEC_PATH")]
    [TestCase("SSL_CERT_FILE")]
    [TestCase("REQUESTS_CA_BUNDLE")]
    [TestCase("CURL_CA_BUNDLE")]
    [TestCase("NODE_EXTRA_CA_CERTS")]
    [TestCase("HTTPS_PROXY")]
    [TestCase("https_proxy")]
    [TestCase("OPENAI_API_KEY")]
    [TestCase("HF_TOKEN")]
    [TestCase("AWS_REGION")]
    [TestCase("AWS_ENDPOINT_URL")]
    [TestCase("DYNAMODB_ENDPOINT")]
    [TestCase("ANTHROPIC_BASE_URL")]
    [TestCase("OLLAMA_HOST")]
    [TestCase("DATABASE_URL")]
    [TestCase("PGHOST")]
    [TestCase("DELPHI_JOB_ID")]
    [TestCase("DELPHI_REPORT_ID")]
    public void What_is_guarded_is_set_by_rows_only_when_listed_by_its_exact_name(string name)
    {
        string[] tooWide = ["*", $"{name[..1]}*", $"{name[..^1]}*"];

        var (refused, refusals) = Add(FromRow(name), tooWide);
        var (allowed, _) = Add(FromRow(name), name);

        Assert.That(refused, Does.Not.ContainKey(name));
        Assert.That(refusals[^1].Text, Does.Contain($"'{name}' (rows set it only if "));
        Assert.That(allowed[name], Is.EqualTo("row"));
    }

    [TestCase("OLLAMA_MODEL", "OLLAMA_*")]
    [TestCase("LLM_PROVIDER", "LLM_*")]
    [TestCase("SENTENCE_TRANSFORMER_MODEL", "SENTENCE_*")]
    [TestCase("ANTHROPIC_MODEL", "ANTHROPIC_*")]
    [TestCase("MATH_ENV", "MATH_*")]
    [TestCase("NARRATIVE_BATCH_MAX_TOKENS", "NARRATIVE_BATCH_*")]
    public void A_prefix_still_opens_what_only_says_how_a_script_works(string name, string prefix) =>
        Assert.That(Add(FromRow(name), prefix).Variables, Does.ContainKey(name));

    [Test]
    public void A_row_sets_at_most_1024_characters()
    {
        Assert.That(Add(FromRow("MAX_VOTES", new string('x', 1024))).Refusals, Is.Empty);
        Assert.That(Add(FromRow("MAX_VOTES", new string('x', 1025))).Refusals, Is.EqualTo(new[]
        {
            new Refusal(RefusalKind.EnvironmentValue, null),
            new Refusal(null, "Left out of the row's environment: 'MAX_VOTES' (its value is longer than the 1,024 characters that a row may set)."),
        }));
        Assert.That(Add(FromRow("MAX_VOTES", "a\0b")).Refusals[^1].Text, Does.Contain("NUL"));
    }

    [Test]
    public void A_row_sets_neither_the_hosts_own_variables_nor_secrets_nor_what_the_command_sets()
    {
        var request = FromRow("DELPHI_FENCE") with { HostVariables = new Dictionary<string, string> { ["DELPHI_FENCE"] = "1" } };
        var ofCommand = FromRow("MAX_VOTES");
        ofCommand = ofCommand with { Command = ofCommand.Command with { Environment = new Dictionary<string, string> { ["MAX_VOTES"] = "handler" } } };

        Assert.That(Add(request, "DELPHI_FENCE").Refusals[^1].Text, Does.EndWith("'DELPHI_FENCE' (the host sets it itself)."));
        Assert.That(Add(FromRow("A_KEY") with { Secrets = [new("A_KEY")] }, "A_KEY").Refusals[^1].Text, Does.EndWith("(it is a secret that the host sets)."));
        Assert.That(Add(ofCommand).Refusals, Is.EqualTo(new[]
        {
            new Refusal(RefusalKind.EnvironmentName, null), new Refusal(null, "Left out of the row's environment: 'MAX_VOTES' (the job's command sets it)."),
        }));
    }

    [Test]
    public void One_line_names_all_that_was_left_out_by_its_reasons()
    {
        var request = FromRow("LD_PRELOAD", "x.so", "1BAD", "PYTHONPATH", "FURTHER", "OTHER", "MAX_VOTES");

        var (variables, refusals) = Add(request);

        Assert.That(variables.Keys, Is.EqualTo(new[] { "MAX_VOTES" }));
        Assert.That(refusals.Select(refusal => refusal.Text).OfType<string>(), Is.EqualTo(new[]
        {
            "Left out of the row's environment: 'LD_PRELOAD', 'PYTHONPATH' (rows set it only if 'security.environment.rows_may_set' lists it by its exact name); " +
            "'FURTHER', 'OTHER' ('security.environment.rows_may_set' does not list it); '1BAD', 'x.so' (a name consists of letters, digits and '_' and begins with no digit).",
        }));
    }

    [Test]
    public void Thousands_are_counted_in_a_line_that_a_log_can_hold_and_none_of_them_pushes_out_a_guarded_one()
    {
        var (_, refusals) = Add(FromRow([.. Enumerable.Range(0, 5000).Select(i => $"A_{i}"), "LD_PRELOAD"]));

        var line = refusals.Select(refusal => refusal.Text).OfType<string>().Single();
        var named = line.Split('\'').Count(part => part.StartsWith("A_", StringComparison.Ordinal) || part == "LD_PRELOAD");
        Assert.That(line, Does.Contain("'LD_PRELOAD' (rows set it").And.EndsWith(FormattableString.Invariant($" does not list it); and {5001 - named:N0} more.")));
        Assert.That(line.Length, Is.InRange(1400, RowVariables.MaxLineLength + 30));
        Assert.That(refusals.Count(refusal => refusal.Kind == RefusalKind.EnvironmentName), Is.EqualTo(5001), "each is counted");
    }

    private static CommandRequest FromRow(string name, string value) =>
        Request with { Command = Request.Command with { EnvironmentFromRow = new Dictionary<string, string> { [name] = value } } };

    private static CommandRequest FromRow(params string[] names) =>
        Request with { Command = Request.Command with { EnvironmentFromRow = names.ToDictionary(name => name, _ => "row") } };

    private static (Dictionary<string, string> Variables, List<Refusal> Refusals) Add(CommandRequest request, params string[] rowsMaySet)
    {
        var options = rowsMaySet.Length == 0 ? new EnvironmentOptions() : new EnvironmentOptions { RowsMaySet = rowsMaySet };
        var variables = new Dictionary<string, string>(RowVariables.Names);
        var refusals = new List<Refusal>();
        new RowVariables(options).AddTo(variables, request, refusals);
        return (variables, refusals);
    }
}
