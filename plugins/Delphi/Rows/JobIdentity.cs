using System.Text.RegularExpressions;
using DelphiRunner.Contracts;

namespace DelphiRunner.Plugins.Delphi.Rows;

/// <summary>The ids of a job after they were checked: all of them reach argument lists, environments and storage paths.</summary>
internal sealed partial record JobIdentity
{
    private JobIdentity()
    {
    }

    public required string JobId { get; init; }

    /// <summary>The conversation's number (its zid), as digits.</summary>
    public required string ConversationId { get; init; }

    /// <summary>The report's id, or null when neither the row nor a stage names one.</summary>
    public required string? ReportId { get; init; }

    /// <summary>What the scripts get as <c>DELPHI_REPORT_ID</c>: never empty.</summary>
    public string ReportOrConversationId => ReportId ?? ConversationId;

    /// <summary>Checks the row's ids, before anything else of the row is looked at.</summary>
    /// <exception cref="InvalidJobException">An id is missing or has a form that the scripts cannot work with.</exception>
    public static JobIdentity Read(Job job)
    {
        CheckJobId("job_id", job.Id);
        if (job.ConversationId is not { } conversation)
        {
            throw new InvalidJobException("conversation_id is missing; it must be a numeric zid of 1 to 10 digits. Nothing was run.");
        }

        if (!ConversationPattern().IsMatch(conversation))
        {
            throw new InvalidJobException(
                $"conversation_id is {SeenText.Quote(conversation)}, which is not a numeric zid (1 to 10 digits). "
                + "Nothing was run. Submit the job with the conversation's zid, not with its public id.");
        }

        return new JobIdentity { JobId = job.Id, ConversationId = conversation, ReportId = CheckReportId("report_id", job.ReportId) };
    }

    /// <summary>Adds what only the configuration may say: the report's id, which rows of the command line carry in a stage.</summary>
    public JobIdentity With(JobConfiguration configuration) =>
        ReportId is null && configuration.FindInStages("report_id") is { } value
            ? this with { ReportId = CheckReportId(value.Where, value.AsText()) }
            : this;

    /// <summary>Checks an id that goes into an argument.</summary>
    public static string CheckJobId(string where, string id) => JobIdPattern().IsMatch(id)
        ? id
        : throw new InvalidJobException(
            $"{where} is {SeenText.Quote(id)}; it must begin with a letter or digit and hold only letters, digits and . _ : @ - (at most 512). "
            + "Nothing was run.");

    private static string? CheckReportId(string where, string? id) => id is null || ReportPattern().IsMatch(id)
        ? id
        : throw new InvalidJobException($"{where} is {SeenText.Quote(id)}; a report's id is 'r' and then letters or digits. Nothing was run.");

    // \z and [0-9]: '$' would let a newline pass, and \d the digits of every script.
    [GeneratedRegex(@"^[0-9]{1,10}\z")]
    private static partial Regex ConversationPattern();

    [GeneratedRegex(@"^r[0-9A-Za-z]{1,100}\z")]
    private static partial Regex ReportPattern();

    [GeneratedRegex(@"^[0-9A-Za-z][0-9A-Za-z._:@-]{0,511}\z")]
    private static partial Regex JobIdPattern();
}
