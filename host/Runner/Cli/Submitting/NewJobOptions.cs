using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DelphiRunner.Contracts;
using DelphiRunner.Runner.Configuration.Yaml;

namespace DelphiRunner.Runner.Cli.Submitting;

/// <summary>The options of <c>submit</c> that describe one new job.</summary>
internal sealed class NewJobOptions
{
    // What readers of narrative reports look for in a job's id.
    private const string NarrativeBatch = "CREATE_NARRATIVE_BATCH";
    private const int MaxIdBytes = 1024;

    private readonly Option<string?> _type = new("--type") { HelpName = "TYPE", Description = "The job type, for instance FULL_PIPELINE." };
    private readonly Option<string?> _conversation = new("--conversation-id") { HelpName = "ID", Description = "The conversation's number." };
    private readonly Option<string?> _report = new("--report-id") { HelpName = "ID", Description = "The report's id." };
    private readonly Option<string?> _config = new("--job-config") { HelpName = "JSON", Description = "The job's configuration, a JSON object. Default: {}." };
    private readonly Option<int> _priority = new("--priority") { HelpName = "N", Description = "From 0 to 100, higher first.", DefaultValueFactory = _ => 50 };
    private readonly Option<string?> _id = new("--id") { HelpName = "ID", Description = "The job's id. Default: a new one in the form of the job type." };
    private readonly Option<string?> _notBefore = new("--not-before") { HelpName = "TIME", Description = "No start before: a time such as 2026-01-31T18:00:00Z, or from now: 90s, 10m, 2h, 1d." };

    public NewJobOptions()
    {
        foreach (var option in new[] { _type, _conversation, _report, _id })
        {
            option.Validators.Add(RefuseBlank);
        }

        _priority.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && int.TryParse(text, CultureInfo.InvariantCulture, out var number) && number is < 0 or > 100)
                result.AddError($"--priority is {number}. It has to be from 0 to 100.");
        });
        _id.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && Encoding.UTF8.GetByteCount(text) > MaxIdBytes)
                result.AddError($"--id has {Encoding.UTF8.GetByteCount(text)} bytes. An id has at most {MaxIdBytes}.");
        });
    }

    private IReadOnlyList<Option> All => [_type, _conversation, _report, _config, _priority, _id, _notBefore];

    public void AddTo(Command command)
    {
        foreach (var option in All)
        {
            command.Add(option);
        }

        command.Validators.Add(result =>
        {
            if (result.GetResult(_type) is null && result.GetResult("--from") is null)
                result.AddError("Nothing to submit. Describe a job with --type TYPE, or name files of rows with --from FILE.");
            if (result.GetResult("--from") is not null && All.FirstOrDefault(option => result.GetResult(option) is { Implicit: false }) is { } other)
                result.AddError($"{other.Name} does not go with --from: the files say all of their rows.");
            if (result.GetResult(_type)?.Tokens is [{ Value: NarrativeBatch }] && result.GetResult(_report) is null && result.GetResult(_id) is null)
                result.AddError($"--report-id is missing. The id of a {NarrativeBatch} job is made from it; give it, or an --id.");
        });
    }

    /// <summary>Reads the job that the options describe.</summary>
    /// <exception cref="CommandFailure">The configuration is no JSON object, or the time is none.</exception>
    public NewJob Read(ParseResult parsed, DateTimeOffset now)
    {
        var type = parsed.GetRequiredValue(_type)!; // Held by the command's validator.
        var report = parsed.GetValue(_report);
        return new NewJob
        {
            Id = parsed.GetValue(_id) ?? NewId(type, report, now),
            Type = type,
            ConversationId = parsed.GetValue(_conversation),
            ReportId = report,
            ConfigJson = parsed.GetValue(_config) is { } json ? CheckedConfig(json) : null,
            Priority = parsed.GetValue(_priority),
            NotBefore = parsed.GetValue(_notBefore) is { } text ? ReadTime(text, now) : null,
        };
    }

    private static string NewId(string type, string? report, DateTimeOffset now) => type == NarrativeBatch
        ? string.Create(CultureInfo.InvariantCulture, $"batch_report_{report}_{now.ToUnixTimeSeconds()}_{RandomNumberGenerator.GetHexString(8, lowercase: true)}")
        : Guid.NewGuid().ToString();

    private static string CheckedConfig(string json)
    {
        try
        {
            using var config = JsonDocument.Parse(json);
            return config.RootElement.ValueKind == JsonValueKind.Object
                ? json
                : throw new CommandFailure(ExitCodes.BadData, $"--job-config is {json}. It has to be a JSON object, such as {{\"include_moderation\": true}}.");
        }
        catch (JsonException wrong)
        {
            throw new CommandFailure(ExitCodes.BadData, $"--job-config is no JSON: {wrong.Message} Quote it for your shell, for instance '{{\"include_moderation\": true}}'.");
        }
    }

    private static DateTimeOffset ReadTime(string text, DateTimeOffset now)
    {
        if (Quantities.TryParseDuration(text, out var delay) && delay < DateTimeOffset.MaxValue - now)
            return now + delay;
        if (Engine.Stores.Rows.RowTime.TryParse(text, out var time))
            return time;
        throw new CommandFailure(
            ExitCodes.Usage, $"--not-before is '{text}'. It has to be a time such as 2026-01-31T18:00:00Z (without a zone it counts as UTC), or a duration from now such as 10m.");
    }

    private static void RefuseBlank(OptionResult result)
    {
        if (result.Tokens is [{ Value: var text }] && string.IsNullOrWhiteSpace(text))
            result.AddError($"{result.Option.Name} is empty. Give a value, or leave the option out.");
    }
}
